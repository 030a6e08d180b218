//! What the phone is to somebody who glances at it: the shape and the words of the tray.

use phone::{
    AccountView, Availability, CallId, CallState, CallView, LeaseState, LeaseView, LineView,
    LinkView, PhoneView, QueueLoginView, QueueView,
};

/// One of these at a time; the first that fits, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Ringing,
    OnCall,
    /// On a call whose other end does not hear us.
    Muted,
    /// Each call that there is is on hold.
    Held,
    /// At work after a call.
    WrapUp,
    Ready,
    /// Calls of the queue do not come.
    Paused,
    /// Nobody has said so far whether calls of the queue are to come.
    Unset,
    /// Signing in, out, or connecting.
    Working,
    SignedOut,
    /// Signed in, and this role has no phone.
    NoPhone,
    /// No call can come, and nothing will change that by itself.
    Fault,
}

impl Standing {
    pub(crate) fn of(view: &PhoneView) -> Self {
        if ringing(view).is_some() {
            return Self::Ringing;
        }
        if !view.calls.is_empty() {
            return match view.calls.iter().find(|call| !call.held) {
                None => Self::Held,
                Some(call) if call.muted => Self::Muted,
                Some(_) => Self::OnCall,
            };
        }
        match &view.account {
            AccountView::SignedOut { .. } => Self::SignedOut,
            AccountView::Restoring
            | AccountView::Resuming { .. }
            | AccountView::SigningIn { .. }
            | AccountView::Asking { .. }
            | AccountView::SigningOut => Self::Working,
            AccountView::SignedIn { phone: false, .. } => Self::NoPhone,
            AccountView::SignedIn { phone: true, .. } | AccountView::Fallback { .. } => {
                Self::of_line(view)
            }
            AccountView::NotConfigured { .. } => Self::Fault,
        }
    }

    fn of_line(view: &PhoneView) -> Self {
        let is_lost = |lease: &LeaseView| matches!(lease.state, LeaseState::Lost { .. });
        if view.lease.as_ref().is_some_and(is_lost) {
            return Self::Fault;
        }
        if let LinkView::Off | LinkView::Opening | LinkView::Down { .. } = view.link {
            return Self::Working;
        }
        match view.line {
            LineView::Off | LineView::Registering => Self::Working,
            LineView::Registered { .. } => view.queue.as_ref().map_or(Self::Ready, Self::of_queue),
            LineView::Failed { .. } => Self::Fault,
        }
    }
}

impl Standing {
    fn of_queue(queue: &QueueView) -> Self {
        if queue.wrap_up.is_some() {
            return Self::WrapUp;
        }
        if let QueueLoginView::Failed { .. } = queue.login {
            return Self::Fault;
        }
        match queue.availability {
            None => Self::Unset,
            Some(Availability::Ready) => Self::Ready,
            Some(Availability::Pause { .. }) => Self::Paused,
        }
    }
}

/// Returns the call that rings here, the oldest where there are more.
pub(crate) fn ringing(view: &PhoneView) -> Option<&CallView> {
    view.calls
        .iter()
        .find(|call| matches!(call.state, CallState::Alerting))
}

/// What the pop-up has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Popping {
    Nothing,
    Rings,
    /// The call that was answered last without the user, whose microphone is open since.
    AnsweredItself(CallId),
}

impl Popping {
    pub(crate) fn of(view: &PhoneView) -> Self {
        if ringing(view).is_some() {
            return Self::Rings;
        }
        let answered = view.calls.iter().rfind(|call| call.auto_answer);
        answered.map_or(Self::Nothing, |call| Self::AnsweredItself(call.call))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use phone::{Direction, Moment, Phone, Setup, UserView};

    use super::*;

    const BEGIN: Moment = Moment(0);

    /// A phone at which somebody is signed in and registered.
    pub(crate) fn ready() -> PhoneView {
        let setup = Setup {
            sidecar: true,
            fallback: None,
            restores: false,
            calls: phone::CallSettings::default(),
            sound: phone::SoundSettings::default(),
            device_id: String::new(),
            user_agent: String::new(),
            seed: [0; 32],
        };
        let mut view = Phone::new(setup, Instant::now()).view();
        view.account = AccountView::SignedIn {
            user: user(),
            phone: true,
            since: BEGIN,
        };
        view.link = LinkView::Up { since: BEGIN };
        view.line = LineView::Registered {
            extension: String::new(),
            server: String::new(),
            since: BEGIN,
        };
        view
    }

    pub(crate) fn call(number: u32, state: CallState) -> CallView {
        CallView {
            call: CallId(number),
            direction: Direction::Incoming,
            state,
            number: String::new(),
            display_name: None,
            auto_answer: false,
            silenced: false,
            held: false,
            held_by_peer: false,
            muted: false,
            interrupted: false,
            began_at: BEGIN,
            talking_since: None,
            held_since: None,
            interrupted_since: None,
            quality: None,
            path: None,
            round_trip_ms: None,
        }
    }

    #[test]
    fn with_a_queue_it_is_what_was_ordered_there() {
        let told = phone::samples::view().queue.expect("the sample has one");
        let idle = QueueView {
            wrap_up: None,
            ..told.clone()
        };
        let paused = Some(Availability::Pause { reason: None });
        let message = "Invalid Authentication".to_owned();
        for (queue, standing) in [
            (told, Standing::WrapUp),
            (idle.clone(), Standing::Ready),
            (
                QueueView {
                    availability: paused,
                    ..idle.clone()
                },
                Standing::Paused,
            ),
            (
                QueueView {
                    availability: None,
                    ..idle.clone()
                },
                Standing::Unset,
            ),
            (
                QueueView {
                    login: QueueLoginView::Failed { message },
                    ..idle
                },
                Standing::Fault,
            ),
        ] {
            let mut view = ready();
            view.queue = Some(queue);
            assert_eq!(Standing::of(&view), standing, "{:?}", view.queue);
            view.link = LinkView::Opening;
            assert_eq!(Standing::of(&view), Standing::Working);
        }
    }

    fn user() -> UserView {
        UserView {
            id: String::new(),
            role: String::new(),
            name: String::new(),
            email: String::new(),
        }
    }

    #[test]
    fn the_call_that_needs_its_user_most_gives_the_shape() {
        let muted = |mut it: CallView| {
            it.muted = true;
            it
        };
        let held = |mut it: CallView| {
            it.held = true;
            it
        };
        let talking = || call(1, CallState::Talking);
        let alerting = call(2, CallState::Alerting);
        for (calls, standing) in [
            (vec![], Standing::Ready),
            (vec![call(1, CallState::Calling)], Standing::OnCall),
            (vec![talking()], Standing::OnCall),
            (vec![muted(talking())], Standing::Muted),
            (vec![held(talking())], Standing::Held),
            (vec![held(muted(talking())), talking()], Standing::OnCall),
            (vec![held(talking()), muted(talking())], Standing::Muted),
            (vec![muted(talking()), alerting], Standing::Ringing),
        ] {
            let mut view = ready();
            view.calls = calls;
            assert_eq!(Standing::of(&view), standing, "{:?}", view.calls);
        }
    }

    #[test]
    fn the_pop_up_is_there_for_what_rings_then_for_what_answered_itself() {
        let itself = |number, state| CallView {
            auto_answer: true,
            ..call(number, state)
        };
        for (calls, popping) in [
            (vec![], Popping::Nothing),
            (vec![call(1, CallState::Talking)], Popping::Nothing),
            (vec![call(1, CallState::Alerting)], Popping::Rings),
            (vec![itself(1, CallState::Alerting)], Popping::Rings),
            (
                vec![itself(1, CallState::Connecting)],
                Popping::AnsweredItself(CallId(1)),
            ),
            (
                vec![itself(1, CallState::Talking), call(2, CallState::Alerting)],
                Popping::Rings,
            ),
            (
                vec![itself(1, CallState::Talking), itself(2, CallState::Talking)],
                Popping::AnsweredItself(CallId(2)),
            ),
        ] {
            let mut view = ready();
            view.calls = calls;
            assert_eq!(Popping::of(&view), popping, "{:?}", view.calls);
        }
    }

    #[test]
    fn without_a_call_it_is_whether_one_can_come() {
        let with = |change: fn(&mut PhoneView)| {
            let mut view = ready();
            change(&mut view);
            Standing::of(&view)
        };
        assert_eq!(with(|_| {}), Standing::Ready);
        assert_eq!(with(|it| it.link = LinkView::Opening), Standing::Working);
        assert_eq!(
            with(|it| it.line = LineView::Registering),
            Standing::Working
        );
        assert_eq!(
            with(|it| it.account = AccountView::SigningOut),
            Standing::Working
        );
        assert_eq!(
            with(|it| it.account = AccountView::NotConfigured {
                message: String::new()
            }),
            Standing::Fault
        );
        assert_eq!(
            with(|it| it.lease = Some(LeaseView {
                state: LeaseState::Lost {
                    reason: phone::SignedOutReason::LeaseExpired
                },
                ttl_ms: 1
            })),
            Standing::Fault
        );
    }
}
