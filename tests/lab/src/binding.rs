use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    message::{Message, param, uri_of},
    registrar::FlowId,
};

/// One registered contact (RFC 3261 §10.3).
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) contact: String,
    pub(crate) instance: Option<String>,
    reg_id: Option<String>,
    pub(crate) flow: FlowId,
    expires_at: Instant,
}

/// All bindings by extension.
#[derive(Debug, Default)]
pub(crate) struct Bindings(BTreeMap<String, Vec<Binding>>);

/// Bounds on what a REGISTER is granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// RFC 3261 §10.3 step 7: the expiry was below the registrar's minimum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooBrief;

/// What a REGISTER without any expiry gets, in seconds (the default of RFC 3261 §10.2.1.1).
const DEFAULT_EXPIRES: u64 = 3600;
/// An extension has no more contacts than this; the oldest makes room.
const MAX_CONTACTS: usize = 10;

impl Bindings {
    /// Applies a REGISTER that came over `flow`.
    pub(crate) fn apply(
        &mut self,
        extension: &str,
        request: &Message,
        flow: FlowId,
        expiry: Expiry,
    ) -> Result<(), TooBrief> {
        let now = Instant::now();
        let default = request
            .header("Expires")
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(DEFAULT_EXPIRES);
        let contacts = request.values("Contact");
        let expires = |contact: &str| {
            param(contact, "expires").map_or(default, |e| e.parse().unwrap_or(default))
        };
        if contacts.iter().any(|contact| {
            let seconds = expires(contact);
            contact != "*" && seconds > 0 && Duration::from_secs(seconds) < expiry.min
        }) {
            return Err(TooBrief);
        }
        let bindings = self.0.entry(extension.to_owned()).or_default();
        for contact in &contacts {
            if contact == "*" {
                bindings.clear();
                continue;
            }
            let binding = Binding {
                contact: uri_of(contact).to_owned(),
                instance: param(contact, "+sip.instance").map(str::to_owned),
                reg_id: param(contact, "reg-id").map(str::to_owned),
                flow,
                expires_at: now + Duration::from_secs(expires(contact)).min(expiry.max),
            };
            // RFC 5626 §6: instance and reg-id name a binding; without them its URI does.
            bindings.retain(|old| match (&old.instance, &binding.instance) {
                (Some(a), Some(b)) => a != b || old.reg_id != binding.reg_id,
                (Some(_), None) | (None, Some(_)) | (None, None) => old.contact != binding.contact,
            });
            if binding.expires_at > now {
                if bindings.len() >= MAX_CONTACTS {
                    bindings.remove(0);
                }
                bindings.push(binding);
            }
        }
        if bindings.is_empty() {
            self.0.remove(extension);
        }
        Ok(())
    }

    /// Returns what is bound to `extension` at this moment.
    pub(crate) fn of(&mut self, extension: &str) -> Vec<Binding> {
        let now = Instant::now();
        if let Some(bindings) = self.0.get_mut(extension) {
            bindings.retain(|binding| binding.expires_at > now);
        }
        self.0.get(extension).cloned().unwrap_or_default()
    }

    /// Writes the Contact values of a 200 to REGISTER (RFC 3261 §10.3 step 8).
    pub(crate) fn contacts(&mut self, extension: &str) -> Vec<String> {
        let now = Instant::now();
        self.of(extension)
            .iter()
            .map(|binding| {
                let mut value = format!("<{}>", binding.contact);
                // Rounded up, so that 600 asked for is 600 granted.
                let left = (binding.expires_at - now).as_millis().div_ceil(1000);
                value.push_str(&format!(";expires={left}"));
                if let Some(instance) = &binding.instance {
                    value.push_str(&format!(";+sip.instance=\"{instance}\""));
                }
                if let Some(reg_id) = &binding.reg_id {
                    value.push_str(&format!(";reg-id={reg_id}"));
                }
                value
            })
            .collect()
    }

    pub(crate) fn drop_flow(&mut self, flow: FlowId) {
        for bindings in self.0.values_mut() {
            bindings.retain(|binding| binding.flow != flow);
        }
        self.0.retain(|_, bindings| !bindings.is_empty());
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn count(&self) -> BTreeMap<String, usize> {
        self.0
            .iter()
            .filter(|(_, bindings)| !bindings.is_empty())
            .map(|(extension, bindings)| (extension.clone(), bindings.len()))
            .collect()
    }
}
