//! The arguments of the window program.

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;
use url::Url;

/// The softphone of a contact-centre agent.
///
/// One of them runs for each user: a second start brings the first one to the front, and hands it
/// the link. With --headless it runs without a window; see --headless --help.
#[derive(Debug, Parser)]
#[command(name = "helix-phone", version)]
pub(crate) struct Arguments {
    /// The sidecar's address, which its user cannot change then [env: HELIX_SIDECAR_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) sidecar: Option<Url>,

    /// A PEM file with authorities to trust beside those of the system [env: HELIX_CA]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Keeps the settings in this file, in place of where the platform wants them
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// Start without showing the window
    #[arg(long)]
    pub(crate) hidden: bool,

    /// What is to be called: a tel:, sip: or callto: link. The user is asked before
    #[arg(value_name = "LINK")]
    pub(crate) link: Option<String>,
}

pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(arguments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        let all = ["helix-phone"].iter().chain(arguments);
        parse(all.map(OsString::from))
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_link_stands_alone_or_beside_the_rest() {
        let arguments = parsed(&["tel:+4930123"]).unwrap();
        assert_eq!(arguments.link.as_deref(), Some("tel:+4930123"));
        let arguments =
            parsed(&["--sidecar", "https://helix.example", "--hidden", "tel:1"]).unwrap();
        assert_eq!(
            arguments.sidecar.unwrap().as_str(),
            "https://helix.example/"
        );
        assert!(arguments.hidden);
        assert_eq!(arguments.link.as_deref(), Some("tel:1"));
    }

    #[test]
    fn a_password_is_no_argument() {
        let error = parsed(&["--password", "canary"]).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
    }
}
