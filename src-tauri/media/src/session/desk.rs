use super::{Microphone, Selection, Session, Speaker, State};
use crate::codec::Frame;
use crate::device::{Calls, Use};
use crate::rtp::Voice;

/// What is between a session and the desk.
impl Session {
    /// Returns what it wants of the desk.
    pub(crate) fn calls(&self) -> Calls {
        if self.state != State::Live {
            return Calls::default();
        }
        Calls {
            microphone: match &self.sound.microphone {
                Microphone::Own(_) => Use::Closed,
                Microphone::Desk(_) => self.microphone_use(),
            },
            // From the start: a device that takes long to open is open when there is something to
            // be heard.
            playback: matches!(self.sound.speaker, Speaker::Desk(_)),
        }
    }

    fn microphone_use(&self) -> Use {
        let Selection::Selected { peer, .. } = self.selection else {
            return Use::Closed;
        };
        let Some(leg) = self.legs.get(&peer).filter(|leg| leg.is_connected()) else {
            return Use::Closed;
        };
        match self.voice(leg) {
            Voice::On => Use::Open,
            Voice::Muted => Use::Muted,
            Voice::Held => Use::Closed,
        }
    }

    /// Takes the 10 ms of the desk's microphone that are sent by the next tick.
    pub(crate) fn set_captured(&mut self, frame: &Frame) {
        if let Microphone::Desk(next) = &mut self.sound.microphone {
            **next = *frame;
        }
    }

    /// Returns the 10 ms for the desk's speaker that the last tick made.
    pub(crate) fn take_played(&mut self) -> Option<Frame> {
        match &mut self.sound.speaker {
            Speaker::Desk(played) => played.take(),
            Speaker::Waiting(_) | Speaker::Open(_) | Speaker::Closed => None,
        }
    }
}
