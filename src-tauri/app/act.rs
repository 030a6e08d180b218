//! What is asked of the phone without its window: by a key, the tray or a notification.

use phone::{CallId, CallView, Command, PhoneView};

use crate::standing::ringing;

/// A wish that names no call, or one that rang when it was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Answers the call that rings.
    Answer,
    /// Ends the call that talks; where none does, declines the one that rings.
    HangUp,
    /// Mutes the call that talks, or lets it be heard again.
    ToggleMute,
    /// Answers the call that rings; where none does, the same as [`ToggleMute`](Self::ToggleMute):
    /// what the one button of a headset is for.
    Button,
    AnswerThis(CallId),
    DeclineThis(CallId),
}

impl Act {
    /// Returns what is to be done as things are; `None`: nothing.
    pub(crate) fn command(self, view: &PhoneView) -> Option<Command> {
        let ringing = ringing(view).map(|it| it.call);
        let talking = talking(view);
        let toggled = |it: &CallView| match it.muted {
            true => Command::Unmute { call: it.call },
            false => Command::Mute { call: it.call },
        };
        match self {
            Self::Answer => ringing.map(|call| Command::Answer { call }),
            Self::HangUp => talking
                .map(|it| it.call)
                .or(ringing)
                .or(view.calls.first().map(|it| it.call))
                .map(|call| Command::HangUp { call }),
            Self::ToggleMute => talking.map(toggled),
            Self::Button => match ringing {
                Some(call) => Some(Command::Answer { call }),
                None => talking.map(toggled),
            },
            Self::AnswerThis(call) => (ringing == Some(call)).then_some(Command::Answer { call }),
            Self::DeclineThis(call) => (ringing == Some(call)).then_some(Command::HangUp { call }),
        }
    }
}

/// Returns the call that is not on hold and does not ring here.
fn talking(view: &PhoneView) -> Option<&CallView> {
    let alerting = ringing(view).map(|it| it.call);
    view.calls
        .iter()
        .find(|it| !it.held && Some(it.call) != alerting)
}
