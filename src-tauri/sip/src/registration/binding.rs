use std::time::Duration;

use crate::{
    flow::Flow,
    message::{Contacts, NameAddr, Response, Uri},
};

/// What the registrar's 200 says of this device (RFC 3261 §10.3 step 8, RFC 5627 §5.3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) expires: Duration,
    pub(super) gruu: Option<String>,
}

impl Binding {
    /// Finds our own binding among all of the address of record; `None`: we are not bound.
    ///
    /// A Contact with another instance belongs to another device whatever its URI says; registrars
    /// that list no instances are read by URI.
    pub(super) fn find(
        response: &Response,
        flow: &Flow,
        instance: &str,
        asked: Duration,
    ) -> Option<Self> {
        let Contacts::List(contacts) = response.headers.contacts() else {
            return None;
        };
        let is_uri = |contact: &NameAddr| flow.is_contact_of(contact.uri.user().as_deref());
        let by_instance = |contact: &&NameAddr| has_instance(contact, instance) == Some(true);
        let by_uri =
            |contact: &&NameAddr| has_instance(contact, instance).is_none() && is_uri(contact);
        let own = contacts
            .iter()
            .find(|contact| by_instance(contact) && is_uri(contact))
            .or_else(|| contacts.iter().find(by_uri))
            .or_else(|| contacts.iter().find(by_instance))?;

        let seconds = own
            .params
            .get("expires")
            .and_then(|seconds| seconds.trim().parse::<u32>().ok())
            .or_else(|| response.headers.expires())
            .map_or(asked, |seconds| Duration::from_secs(seconds.into()));
        if seconds.is_zero() {
            return None;
        }
        Some(Self {
            expires: seconds,
            gruu: own.params.get("pub-gruu").and_then(usable_gruu),
        })
    }
}

fn has_instance(contact: &NameAddr, instance: &str) -> Option<bool> {
    let sent = contact.params.get("+sip.instance")?;
    let own = format!("<urn:uuid:{instance}>");
    Some(sent.eq_ignore_ascii_case(&own))
}

/// Only a URI may stand between the angle brackets of our Contact.
fn usable_gruu(text: &str) -> Option<String> {
    let uri = Uri::parse(text).ok()?;
    let is_clean =
        !text.contains(|c: char| c.is_control() || c.is_whitespace() || "<>\"".contains(c));
    (is_clean && uri.params().has("gr")).then(|| text.to_owned())
}
