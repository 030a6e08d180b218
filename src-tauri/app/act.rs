//! What is asked of the phone without its window: by a key, the tray or a notification.

use phone::{CallId, CallView, Command, MoveAnswer, PhoneView};

use crate::standing::{foreground, ringing};

/// A wish that names no call, or one that rang when it was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Answers the call that rings.
    Answer,
    /// Declines the call that rings; where none does, ends the one that talks, or that was held last.
    HangUp,
    /// Mutes the call that talks, or lets it be heard again; where none does, ends the ringing of the
    /// one that rings.
    ToggleMute,
    /// Answers the call that rings; where none does, mutes the call that talks, or lets it be heard
    /// again: what the one button of a headset is for.
    Button,
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "offered by Linux's notifications alone")
    )]
    AnswerThis(CallId),
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "offered by Linux's notifications alone")
    )]
    DeclineThis(CallId),
    /// Has the calls of the queue come.
    Ready,
    /// Has none of them come, for the reason at this place of the list; `None`: for none.
    Pause(Option<usize>),
    /// Has every part of the phone proven anew.
    Check,
    /// Answers that request of another device.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "offered by Linux's notifications alone")
    )]
    AnswerMove(u64, MoveAnswer),
}

impl Act {
    /// Returns what is to be done as things are; `None`: nothing.
    pub(crate) fn command(self, view: &PhoneView) -> Option<Command> {
        let ringing = ringing(view).map(|it| it.call);
        let foreground = foreground(view);
        let talking = foreground.filter(|it| !it.held);
        let toggled = |it: &CallView| match it.muted {
            true => Command::Unmute { call: it.call },
            false => Command::Mute { call: it.call },
        };
        match self {
            Self::Answer => ringing.map(|call| Command::Answer { call }),
            Self::HangUp => ringing
                .or(foreground.map(|it| it.call))
                .map(|call| Command::HangUp { call }),
            Self::ToggleMute => talking
                .map(toggled)
                .or(ringing.map(|call| Command::Silence { call })),
            Self::Button => match ringing {
                Some(call) => Some(Command::Answer { call }),
                None => talking.map(toggled),
            },
            Self::AnswerThis(call) => (ringing == Some(call)).then_some(Command::Answer { call }),
            Self::DeclineThis(call) => (ringing == Some(call)).then_some(Command::HangUp { call }),
            Self::Check => Some(Command::Check),
            Self::Ready => Some(Command::Ready),
            Self::Pause(None) => Some(Command::Pause { reason: None }),
            Self::Pause(Some(place)) => {
                let reason = view.queue.as_ref()?.pause_reasons.get(place)?.clone();
                let reason = Some(reason);
                Some(Command::Pause { reason })
            }
            Self::AnswerMove(request, answer) => view
                .move_request
                .as_ref()
                .is_some_and(|it| it.request == request)
                .then_some(Command::AnswerMove { request, answer }),
        }
    }
}

#[cfg(test)]
mod tests {
    use phone::{
        CallState::{Alerting, Talking},
        Moment,
    };

    use crate::standing::tests::{call, ready};

    use super::*;

    /// What comes of an act: the command's name and its call.
    fn done(act: Act, calls: &[CallView]) -> Option<String> {
        let mut view = ready();
        view.calls = calls.to_vec();
        act.command(&view).map(|it| format!("{it:?}"))
    }

    fn told(name: &str, number: u32) -> Option<String> {
        Some(format!("{name} {{ call: CallId({number}) }}"))
    }

    #[test]
    fn with_no_call_there_is_nothing_to_do() {
        for act in [
            Act::Answer,
            Act::HangUp,
            Act::ToggleMute,
            Act::Button,
            Act::AnswerThis(CallId(1)),
            Act::DeclineThis(CallId(1)),
        ] {
            assert_eq!(done(act, &[]), None, "{act:?}");
        }
    }

    #[test]
    fn a_call_that_rings_is_answered_or_declined() {
        let calls = [call(1, Alerting)];
        assert_eq!(done(Act::Answer, &calls), told("Answer", 1));
        assert_eq!(done(Act::Button, &calls), told("Answer", 1));
        assert_eq!(done(Act::HangUp, &calls), told("HangUp", 1));
        assert_eq!(done(Act::AnswerThis(CallId(1)), &calls), told("Answer", 1));
        assert_eq!(done(Act::DeclineThis(CallId(1)), &calls), told("HangUp", 1));
        assert_eq!(done(Act::ToggleMute, &calls), told("Silence", 1));
    }

    #[test]
    fn a_pause_has_the_reason_at_its_place() {
        let mut view = ready();
        assert!(Act::Pause(Some(0)).command(&view).is_none());
        view.queue = phone::samples::view().queue;
        let told = |place| format!("{:?}", Act::Pause(place).command(&view));
        assert_eq!(told(Some(1)), r#"Some(Pause { reason: Some("Tea") })"#);
        assert_eq!(told(None), "Some(Pause { reason: None })");
        assert!(Act::Pause(Some(2)).command(&view).is_none());
    }

    #[test]
    fn an_answer_that_comes_late_takes_no_other_call() {
        let calls = [call(2, Alerting)];
        assert_eq!(done(Act::AnswerThis(CallId(1)), &calls), None);
        assert_eq!(done(Act::DeclineThis(CallId(1)), &calls), None);
        assert_eq!(done(Act::DeclineThis(CallId(2)), &[call(2, Talking)]), None);
    }

    #[test]
    fn another_device_is_answered_as_long_as_it_asks() {
        let act = Act::AnswerMove(12, MoveAnswer::No);
        let mut view = ready();
        assert!(act.command(&view).is_none());
        view.move_request = phone::samples::move_requests().into_iter().next();
        assert!(matches!(
            act.command(&view),
            Some(Command::AnswerMove {
                request: 12,
                answer: MoveAnswer::No
            })
        ));
        assert!(
            Act::AnswerMove(11, MoveAnswer::Now)
                .command(&view)
                .is_none()
        );
    }

    #[test]
    fn of_several_calls_the_one_is_meant_that_the_window_means() {
        let held = |number, since| CallView {
            held: true,
            held_since: Some(Moment(since)),
            ..call(number, Talking)
        };
        let talking = || call(2, Talking);
        let muted = CallView {
            muted: true,
            ..talking()
        };
        let rings = |number| call(number, Alerting);
        let (hangs_up, mutes) = (
            |number| told("HangUp", number),
            |number| told("Mute", number),
        );
        let answers = |number| told("Answer", number);
        for (calls, hang_up, mute, button) in [
            // What rings is declined, and never what is muted.
            (vec![talking(), rings(3)], hangs_up(3), mutes(2), answers(3)),
            (vec![rings(1), talking()], hangs_up(1), mutes(2), answers(1)),
            (
                vec![rings(1), rings(2)],
                hangs_up(1),
                told("Silence", 1),
                answers(1),
            ),
            (
                vec![held(1, 10), rings(2), rings(3)],
                hangs_up(2),
                told("Silence", 2),
                answers(2),
            ),
            (
                vec![held(1, 10), talking()],
                hangs_up(2),
                mutes(2),
                mutes(2),
            ),
            (
                vec![muted],
                hangs_up(2),
                told("Unmute", 2),
                told("Unmute", 2),
            ),
            // On hold, the one that was held last is in front.
            (vec![held(1, 20), held(2, 10)], hangs_up(1), None, None),
            (vec![held(1, 10), held(2, 20)], hangs_up(2), None, None),
            (vec![held(1, 10)], hangs_up(1), None, None),
        ] {
            assert_eq!(done(Act::HangUp, &calls), hang_up, "{calls:?}");
            assert_eq!(done(Act::ToggleMute, &calls), mute, "{calls:?}");
            assert_eq!(done(Act::Button, &calls), button, "{calls:?}");
        }
    }
}
