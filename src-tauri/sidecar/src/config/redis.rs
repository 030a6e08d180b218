//! Where the servers that serve side by side find what they share.

use std::ops::Range;
use std::path::PathBuf;

use secrecy::SecretString;
use toml::Spanned;

use super::file::SettingsTable;
use super::rules::Rules;
use super::{JWT_SECRET_VARIABLE, REDIS_URL_VARIABLE, Redis};
use crate::store::Address;

/// Bytes of a prefix: it stands in each key.
const MAX_PREFIX: usize = 64;

/// The prefix in a cluster where none is configured.
const CLUSTER_PREFIX: &str = "{helix}:";

impl Rules<'_> {
    /// Reads the settings of Redis, if there is one.
    pub(super) fn redis(&mut self, table: &SettingsTable, has_jwt_secret: bool) -> Option<Redis> {
        let prefix = table.redis_key_prefix.as_ref();
        let is_prefix =
            |it: &str| it.len() <= MAX_PREFIX && it.bytes().all(|b| b.is_ascii_graphic());
        if let Some(prefix) = prefix
            && !is_prefix(prefix.get_ref())
        {
            self.report(
                &prefix.span(),
                format!("redis_key_prefix must be at most {MAX_PREFIX} visible ASCII characters"),
            );
        }
        let Some((address, name, span)) = self.redis_address(table.redis_url_file.as_ref()) else {
            if let Some(prefix) = prefix
                && table.redis_url_file.is_none()
            {
                self.report(
                    &prefix.span(),
                    format!(
                        "redis_key_prefix is of no use without {REDIS_URL_VARIABLE} or \
                         redis_url_file"
                    ),
                );
            }
            return None;
        };
        if !has_jwt_secret {
            self.report(
                &span,
                format!(
                    "{JWT_SECRET_VARIABLE} (or jwt_secret_file) is missing: servers that share a \
                     Redis must accept each other's access tokens"
                ),
            );
        }
        match Address::parse(&address) {
            Ok(address) => {
                self.check_open(&address, name, &span);
                Some(Redis {
                    prefix: whole_prefix(prefix.map(|it| &**it.get_ref()), address.is_cluster()),
                    address,
                })
            }
            Err(error) => {
                self.report(&span, format!("{name} {error}"));
                None
            }
        }
    }

    /// Warns of a Redis that others can reach, or hear its password (security, S19). Its host may be a password whose
    /// host was forgotten, so it is not named.
    fn check_open(&mut self, address: &Address, name: &str, span: &Range<usize>) {
        let hosts = address.in_clear();
        let problem = if hosts.is_empty() {
            return;
        } else if !address.has_password() {
            "with neither a password nor TLS: whoever reaches it can read and end every session"
        } else if hosts.iter().any(|host| host.contains(['.', ':'])) {
            "without TLS: whoever is on the way there reads its password; rediss:// has TLS"
        } else {
            // Names of one label are those of a network of containers (compose.yaml), where nobody else is.
            return;
        };
        self.warn(span, format!("{name} leads to another machine {problem}"));
    }

    /// Returns the address, what it is configured by and where that stands.
    fn redis_address(
        &mut self,
        file: Option<&Spanned<PathBuf>>,
    ) -> Option<(SecretString, &'static str, Range<usize>)> {
        if let Some(address) = self.secret_of_environment(REDIS_URL_VARIABLE) {
            return Some((address, REDIS_URL_VARIABLE, 0..0));
        }
        let path = file?;
        match self.sources.file(path.get_ref()) {
            Ok(address) => Some((address, "redis_url_file", path.span())),
            Err(error) => {
                self.report(&path.span(), format!("redis_url_file: {error}"));
                None
            }
        }
    }
}

/// Returns what stands before each key. A cluster hashes what stands in the first braces, and all of
/// it otherwise (Redis Cluster specification, "Hash tags").
fn whole_prefix(prefix: Option<&str>, is_cluster: bool) -> String {
    let has_tag = |it: &str| {
        let tag = it
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once('}'));
        tag.is_some_and(|(tag, _)| !tag.is_empty())
    };
    let prefix = prefix.unwrap_or_default();
    if !is_cluster || has_tag(prefix) {
        return prefix.to_owned();
    }
    match &*prefix.replace(['{', '}'], "") {
        "" => CLUSTER_PREFIX.to_owned(),
        tag => format!("{{{tag}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_cluster_each_prefix_has_what_is_hashed() {
        for (prefix, whole) in [
            (None, "{helix}:"),
            (Some(""), "{helix}:"),
            (Some("acme:"), "{acme:}"),
            (Some("{}"), "{helix}:"),
            (Some("{}acme"), "{acme}"),
            (Some("a}b{"), "{ab}"),
            (Some("{acme}:"), "{acme}:"),
            (Some("x{acme}:{y}"), "x{acme}:{y}"),
        ] {
            assert_eq!(whole_prefix(prefix, true), whole);
            assert_eq!(whole_prefix(prefix, false), prefix.unwrap_or_default());
        }
    }
}
