use std::collections::BTreeMap;

use crate::{message::Message, registrar::FlowId};

/// One end of a dialog. A phone that comes back on another flow is found by its instance.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) flow: FlowId,
    /// Extension and `+sip.instance` of a registered phone.
    pub(crate) phone: Option<(String, Option<String>)>,
}

/// The dialogs that the proxy record-routes: by Call-ID and the tag of the callee.
#[derive(Debug, Default)]
pub(crate) struct Dialogs(BTreeMap<(String, String), Dialog>);

#[derive(Debug)]
struct Dialog {
    number: u64,
    caller_tag: String,
    caller: End,
    callee: End,
}

/// More dialogs than this are not remembered; the oldest makes room.
const MAX_DIALOGS: usize = 4096;

impl Dialogs {
    /// Remembers the dialog that a response to an INVITE makes.
    pub(crate) fn learn(&mut self, response: &Message, caller: &End, callee: &End) {
        let (Some(caller_tag), Some(callee_tag)) = (response.from_tag(), response.to_tag()) else {
            return;
        };
        let key = (response.call_id().to_owned(), callee_tag.to_owned());
        if self.0.contains_key(&key) {
            return;
        }
        if self.0.len() >= MAX_DIALOGS
            && let Some(oldest) = self
                .0
                .iter()
                .min_by_key(|(_, dialog)| dialog.number)
                .map(|(key, _)| key.clone())
        {
            self.0.remove(&oldest);
        }
        let number = self
            .0
            .values()
            .map(|dialog| dialog.number + 1)
            .max()
            .unwrap_or(0);
        self.0.insert(
            key,
            Dialog {
                number,
                caller_tag: caller_tag.to_owned(),
                caller: caller.clone(),
                callee: callee.clone(),
            },
        );
    }

    /// Returns the end that a request within a dialog is for.
    pub(crate) fn peer(&self, request: &Message) -> Option<&End> {
        let call_id = request.call_id().to_owned();
        let (from, to) = (request.from_tag()?, request.to_tag()?);
        if let Some(dialog) = self.0.get(&(call_id.clone(), to.to_owned()))
            && dialog.caller_tag == from
        {
            return Some(&dialog.callee);
        }
        self.0
            .get(&(call_id, from.to_owned()))
            .filter(|dialog| dialog.caller_tag == to)
            .map(|dialog| &dialog.caller)
    }

    /// Forgets the dialog of a BYE that was answered.
    pub(crate) fn end(&mut self, bye: &Message) {
        let call_id = bye.call_id().to_owned();
        for tag in [bye.from_tag(), bye.to_tag()].into_iter().flatten() {
            self.0.remove(&(call_id.clone(), tag.to_owned()));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
