//! `[platform]` and `PLATFORM_…`: where the users come from, if not from this file.

use std::ops::Range;

use secrecy::SecretString;
use toml::Spanned;
use url::Url;

use super::file::PlatformTable;
use super::phones::{PhoneSettings, check_sip_uri, check_ws_server, sip_uri};
use super::roles::Roles;
use super::rules::Rules;
use super::secret::{Forms, Setting};
use crate::upstream::check_address;

const URL: &str = "PLATFORM_URL";
const API_KEY: &str = "PLATFORM_API_KEY";
const ORIGIN: &str = "PLATFORM_ORIGIN";
const SIP_DOMAIN: &str = "SIP_DOMAIN";
const SIP_WS_SERVER: &str = "SIP_WS_SERVER";

/// The platform and how its records are read.
#[derive(Debug)]
pub(crate) struct PlatformSettings {
    pub(crate) url: Url,
    /// The address of the workspace, which chooses it.
    pub(crate) origin: String,
    /// Where sign-ins are asked for; `None`: wherever the platform understands them.
    pub(crate) user_path: Option<String>,
    /// Reads the Agent records.
    pub(crate) api_key: SecretString,
    pub(crate) roles: Roles,
    pub(crate) phones: PhoneSettings,
    /// The field of an Agent record with the agent's password at Ozonetel, where there is one.
    pub(crate) ozonetel_password_field: Option<String>,
}

impl Rules<'_> {
    /// Reads the platform's settings; `None` where there are none or something is wrong with them.
    pub(super) fn platform(
        &mut self,
        table: Option<Spanned<PlatformTable>>,
        has_users: bool,
    ) -> Option<PlatformSettings> {
        let wanted = table.is_some()
            || self.sources.names_any(&[URL, API_KEY, ORIGIN])
            // Their names are nobody's in particular: beside users of a file they say nothing.
            || !has_users && self.sources.names_any(&[SIP_DOMAIN, SIP_WS_SERVER]);
        if !wanted {
            return None;
        }
        let span = table.as_ref().map_or(0..0, Spanned::span);
        if has_users {
            self.report(
                &span,
                "users come from the platform: leave [[users]] and [[agents]] out, or the platform"
                    .to_owned(),
            );
        }
        let table = table.map(Spanned::into_inner).unwrap_or_default();
        let url = self.needed(URL, "platform.url", table.url, &span);
        let url = url.and_then(|url| self.checked(url, check_address));
        let origin = self
            .sources
            .setting(ORIGIN, "platform.origin", table.origin);
        let origin = origin.and_then(|origin| self.checked(origin, check_address));
        let domain = self.needed(SIP_DOMAIN, "platform.sip_domain", table.sip_domain, &span);
        let domain = domain.and_then(|domain| self.checked(domain, check_domain));
        let server = self.needed(
            SIP_WS_SERVER,
            "platform.sip_ws_server",
            table.sip_ws_server,
            &span,
        );
        let server = server.and_then(|server| {
            self.checked(server, |text| {
                check_ws_server(text).map(|()| text.to_owned())
            })
        });
        let field = table.ozonetel_password_field.map(|field| {
            let field = Setting::of_file("platform.ozonetel_password_field", field);
            self.checked(field, check_field)
        });
        let path = table.user_path.and_then(|path| {
            let path = Setting::of_file("platform.user_path", path);
            self.checked(path, check_path)
        });
        let api_key = self.secret(
            API_KEY,
            "platform.api_key",
            Forms {
                given: table.api_key,
                file: table.api_key_file,
                variable: table.api_key_env,
            },
            &span,
        );
        let ice_servers = table
            .ice_servers
            .into_iter()
            .filter_map(|server| self.ice_server(server, "the platform"))
            .collect();
        let url = url?;
        Some(PlatformSettings {
            // Without a path, as a browser says where it is (RFC 6454 §6.2).
            origin: origin
                .as_ref()
                .unwrap_or(&url)
                .origin()
                .ascii_serialization(),
            url,
            user_path: path,
            api_key: api_key?,
            roles: Roles::new(table.roles),
            phones: PhoneSettings {
                sip_domain: domain?,
                sip_ws_server: server?,
                ice_servers,
            },
            ozonetel_password_field: match field {
                Some(field) => Some(field?),
                None => None,
            },
        })
    }

    /// Returns what must be set, by variable or file.
    pub(super) fn needed(
        &mut self,
        variable: &str,
        key: &'static str,
        in_file: Option<Spanned<String>>,
        table: &Range<usize>,
    ) -> Option<Setting> {
        let found = self.sources.setting(variable, key, in_file);
        if found.is_none() {
            self.report(table, format!("{variable} (or {key}) is missing"));
        }
        found
    }

    /// Returns what `check` makes of a setting, or reports what it says.
    pub(super) fn checked<T>(
        &mut self,
        setting: Setting,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match check(&setting.text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.report(&setting.span, format!("{} {problem}", setting.name));
                None
            }
        }
    }

    /// Returns a secret that must be set: by variable, by file named in a variable, or as the file
    /// says.
    pub(super) fn secret(
        &mut self,
        variable: &str,
        key: &str,
        in_file: Forms,
        table: &Range<usize>,
    ) -> Option<SecretString> {
        match self.sources.secret(variable, key, in_file) {
            Ok(Some(secret)) => Some(secret),
            Ok(None) => {
                self.report(
                    table,
                    format!("{variable} (or {variable}_FILE, or {key}_file) is missing"),
                );
                None
            }
            Err(problem) => {
                self.report(table, problem);
                None
            }
        }
    }
}

fn check_domain(domain: &str) -> Result<String, String> {
    check_sip_uri(&sip_uri("1", domain)).map_err(|_| format!("is no host: {domain:?}"))?;
    Ok(domain.to_owned())
}

/// Returns the segments of a path.
fn check_path(path: &str) -> Result<String, String> {
    let segments = path.trim_matches('/');
    if segments.is_empty() || segments.contains(['?', '#', ' ']) {
        return Err(format!("is no path: {path:?}"));
    }
    Ok(segments.to_owned())
}

/// Whether this is the name of a GraphQL field (GraphQL, October 2021, §2.1.9).
fn check_field(name: &str) -> Result<String, String> {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    if name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        Err(format!("is no name of a field: {name:?}"))
    }
}
