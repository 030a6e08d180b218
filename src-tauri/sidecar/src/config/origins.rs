//! Web pages of other origins, if any, that may call this server.

use secrecy::ExposeSecret;
use toml::Spanned;
use url::Url;

use super::ALLOWED_ORIGINS_VARIABLE;
use super::rules::Rules;
use crate::upstream::is_loopback;

impl Rules<'_> {
    /// Reads the origins, exactly as browsers name them; the environment comes before the file.
    pub(super) fn allowed_origins(&mut self, in_file: &[Spanned<String>]) -> Vec<String> {
        let listed: Vec<_> = match self.sources.optional_variable(ALLOWED_ORIGINS_VARIABLE) {
            Some(text) => {
                let origins = text.expose_secret().split(',').map(str::trim);
                origins
                    .filter(|origin| !origin.is_empty())
                    .map(|origin| (ALLOWED_ORIGINS_VARIABLE, origin.to_owned(), 0..0))
                    .collect()
            }
            None => in_file
                .iter()
                .map(|origin| ("allowed_origins", origin.get_ref().clone(), origin.span()))
                .collect(),
        };
        let mut origins = Vec::new();
        for (name, origin, span) in listed {
            match check(&origin) {
                Ok(()) => origins.push(origin),
                Err(problem) => self.report(&span, format!("{name}: {origin:?} {problem}")),
            }
        }
        origins
    }
}

/// Checks that a browser may name a page's origin so (RFC 6454 §6.2), and that nobody on the way could
/// have changed that page.
fn check(origin: &str) -> Result<(), String> {
    if origin.contains('*') {
        return Err("is no origin: each one is named, none by a pattern".to_owned());
    }
    let url = Url::parse(origin)
        .map_err(|_| "is no origin, which looks like https://page.example".to_owned())?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("must begin with https:// where it is another machine".to_owned()),
        _ => return Err("must begin with https://".to_owned()),
    }
    let named = url.origin().ascii_serialization();
    if named != origin {
        return Err(format!("must be written as browsers do: {named}"));
    }
    Ok(())
}
