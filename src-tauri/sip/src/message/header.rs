use std::borrow::Cow;

use super::{Method, NameAddr, Params, Via};
use crate::digest::Challenge;

/// The header fields of a message, in order; names are in their long form and match in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(Cow<'static, str>, String)>);

/// The value of Contact (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contacts {
    /// `*`: all bindings.
    Star,
    /// Those that could be read; empty where there is no Contact.
    List(Vec<NameAddr>),
}

/// Why a request was sent (RFC 3326).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// `SIP`, `Q.850` …
    pub(crate) protocol: String,
    pub(crate) cause: Option<u16>,
    pub(crate) text: Option<String>,
}

/// A value of Call-Info or Alert-Info: `<uri>;params`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Empty where only parameters were sent.
    pub(crate) uri: String,
    pub(crate) params: Params,
}

impl Headers {
    /// Returns the first value of the header.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        todo!("{name}")
    }

    /// Returns each line of the header; joined values stay joined.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns names and values in order of appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_str()))
    }

    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((Cow::Borrowed(name), value.into()));
    }

    /// Puts the header before all others: Via.
    pub(crate) fn push_front(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.insert(0, (Cow::Borrowed(name), value.into()));
    }

    /// Replaces every line of the header by one.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Adds a tag to To unless it has one.
    pub(crate) fn set_to_tag(&mut self, tag: &str) {
        todo!("{tag}")
    }

    pub(crate) fn via_top(&self) -> Option<Via> {
        todo!()
    }

    pub(crate) fn vias(&self) -> Vec<Via> {
        todo!()
    }

    pub(crate) fn from(&self) -> Option<NameAddr> {
        todo!()
    }

    pub(crate) fn to(&self) -> Option<NameAddr> {
        todo!()
    }

    pub(crate) fn call_id(&self) -> Option<&str> {
        self.get("Call-ID")
    }

    pub(crate) fn cseq(&self) -> Option<(u32, Method)> {
        todo!()
    }

    pub(crate) fn contacts(&self) -> Contacts {
        todo!()
    }

    /// Returns each value as it was sent, in order.
    pub(crate) fn record_routes(&self) -> Vec<String> {
        todo!()
    }

    /// Returns each value as it was sent, in order.
    pub(crate) fn routes(&self) -> Vec<String> {
        todo!()
    }

    /// In seconds.
    pub(crate) fn expires(&self) -> Option<u32> {
        todo!()
    }

    /// In seconds.
    pub(crate) fn min_expires(&self) -> Option<u32> {
        todo!()
    }

    pub(crate) fn max_forwards(&self) -> Option<u32> {
        todo!()
    }

    /// In seconds.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        todo!()
    }

    pub(crate) fn www_authenticate(&self) -> Vec<Challenge> {
        todo!()
    }

    pub(crate) fn proxy_authenticate(&self) -> Vec<Challenge> {
        todo!()
    }

    pub(crate) fn require(&self) -> Vec<String> {
        todo!()
    }

    pub(crate) fn supported(&self) -> Vec<String> {
        todo!()
    }

    pub(crate) fn allow(&self) -> Vec<Method> {
        todo!()
    }

    /// The media type in lower case, without parameters: `application/sdp`.
    pub(crate) fn content_type(&self) -> Option<String> {
        todo!()
    }

    pub(crate) fn reasons(&self) -> Vec<Reason> {
        todo!()
    }

    pub(crate) fn p_asserted_identity(&self) -> Vec<NameAddr> {
        todo!()
    }

    pub(crate) fn call_info(&self) -> Vec<Reference> {
        todo!()
    }

    pub(crate) fn alert_info(&self) -> Vec<Reference> {
        todo!()
    }
}
