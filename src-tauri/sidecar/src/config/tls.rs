//! The files of the certificate, if this server speaks TLS by itself.

use std::path::Path;

use toml::Spanned;

use super::rules::Rules;
use super::{TLS_CERTIFICATE_VARIABLE, TLS_KEY_VARIABLE};
use crate::tls::{BadCertificate, Certificate};

const CERTIFICATE: &str = "tls_certificate_file";
const KEY: &str = "tls_key_file";

impl Rules<'_> {
    /// Reads the certificate; `None` where there is none or something is wrong with it.
    pub(super) fn certificate(
        &mut self,
        certificate: Option<Spanned<String>>,
        key: Option<Spanned<String>>,
    ) -> Option<Certificate> {
        let certificate = self
            .sources
            .setting(TLS_CERTIFICATE_VARIABLE, CERTIFICATE, certificate);
        let key = self.sources.setting(TLS_KEY_VARIABLE, KEY, key);
        let (certificate, key) = match (certificate, key) {
            (None, None) => return None,
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(alone), None) => {
                let missing = format!("{} without {TLS_KEY_VARIABLE} (or {KEY})", alone.name);
                self.report(&alone.span, missing);
                return None;
            }
            (None, Some(alone)) => {
                let missing = format!(
                    "{} without {TLS_CERTIFICATE_VARIABLE} (or {CERTIFICATE})",
                    alone.name
                );
                self.report(&alone.span, missing);
                return None;
            }
        };
        let path = |text: &str| self.sources.path(Path::new(text.trim()));
        match Certificate::read(path(&certificate.text), path(&key.text)) {
            Ok(certificate) => Some(certificate),
            Err(bad) => {
                let setting = match &bad {
                    BadCertificate::Certificate(_) => certificate,
                    BadCertificate::Key(_) => key,
                };
                self.report(&setting.span, format!("{}: {bad}", setting.name));
                None
            }
        }
    }
}
