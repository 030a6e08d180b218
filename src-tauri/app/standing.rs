//! What the phone is to somebody who glances at it: the shape and the words of the tray. The page says
//! the same of each view (`ui/src/lib/standing.ts`).

use phone::{
    AccountView, Availability, CallId, CallState, CallView, LeaseState, LeaseView, LineView,
    LinkView, PhoneView, QueueLoginView, QueueView, SoundView,
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
    SignedOut,
    /// The account has none, or its role needs none.
    NoPhone,
    /// At work after a call.
    WrapUp,
    /// No call can come, because the registrar does not take the extension.
    NoLine,
    /// On the way to the first registration.
    Connecting,
    /// On the way to another one.
    Reconnecting,
    /// Nothing would hear its user.
    NoMicrophone,
    /// No call of the queue can come, because it did not sign the agent in.
    NoQueue,
    Ready,
    /// Calls of the queue do not come.
    Paused,
    /// Nobody has said so far whether calls of the queue are to come.
    Unset,
}

impl Standing {
    pub(crate) fn of(view: &PhoneView) -> Self {
        if ringing(view).is_some() {
            return Self::Ringing;
        }
        if !view.calls.is_empty() {
            return match foreground(view) {
                Some(call) if !call.held && call.muted => Self::Muted,
                Some(call) if !call.held => Self::OnCall,
                Some(_) | None => Self::Held,
            };
        }
        match &view.account {
            AccountView::SignedOut { .. } | AccountView::SigningOut => Self::SignedOut,
            AccountView::Restoring
            | AccountView::Resuming { .. }
            | AccountView::SigningIn { .. }
            | AccountView::Asking { .. } => Self::Connecting,
            AccountView::NotConfigured { .. } | AccountView::SignedIn { phone: false, .. } => {
                Self::NoPhone
            }
            AccountView::SignedIn { phone: true, .. } | AccountView::Fallback { .. } => {
                Self::of_line(view)
            }
        }
    }

    fn of_line(view: &PhoneView) -> Self {
        let is_lost = |lease: &LeaseView| matches!(lease.state, LeaseState::Lost { .. });
        if view.lease.as_ref().is_some_and(is_lost) {
            return Self::SignedOut;
        }
        if view.queue.as_ref().is_some_and(|it| it.wrap_up.is_some()) {
            return Self::WrapUp;
        }
        match (&view.link, &view.line) {
            (LinkView::Up { .. }, LineView::Registered { .. }) if is_deaf(&view.sound) => {
                Self::NoMicrophone
            }
            (LinkView::Up { .. }, LineView::Registered { .. }) => {
                view.queue.as_ref().map_or(Self::Ready, Self::of_queue)
            }
            (LinkView::Up { .. }, LineView::Failed { .. }) => Self::NoLine,
            (LinkView::Up { .. }, LineView::Off | LineView::Registering)
            | (LinkView::Off | LinkView::Opening | LinkView::Down { .. }, _) => {
                match view.proofs.line_confirmed_at {
                    None => Self::Connecting,
                    Some(_) => Self::Reconnecting,
                }
            }
        }
    }

    fn of_queue(queue: &QueueView) -> Self {
        if let QueueLoginView::Failed { .. } = queue.login {
            return Self::NoQueue;
        }
        match queue.availability {
            None => Self::Unset,
            Some(Availability::Ready) => Self::Ready,
            Some(Availability::Pause { .. }) => Self::Paused,
        }
    }
}

/// Whether nothing hears its user; before the devices are known nobody can tell.
fn is_deaf(sound: &SoundView) -> bool {
    sound.devices.is_some() && sound.microphone.is_none()
}

/// Returns the call that rings here, the oldest where there are more.
pub(crate) fn ringing(view: &PhoneView) -> Option<&CallView> {
    view.calls
        .iter()
        .find(|call| matches!(call.state, CallState::Alerting))
}

/// Returns the call that its user talks in or makes, else the one that was held last; never one that
/// rings here.
pub(crate) fn foreground(view: &PhoneView) -> Option<&CallView> {
    let answered = || {
        let calls = view.calls.iter();
        calls.filter(|call| !matches!(call.state, CallState::Alerting))
    };
    let held_last = || answered().max_by_key(|call| call.held_since);
    answered().rfind(|call| !call.held).or_else(held_last)
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
            dialling: phone::DialPlan::default(),
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
            one_way_in_since: None,
            one_way_out_since: None,
            repairing: false,
            quality: None,
            path: None,
            round_trip_ms: None,
        }
    }

    /// What the page says of each (`phone.samples.ts` hands them to it).
    pub(crate) fn table() -> Vec<(Standing, PhoneView)> {
        let view = |change: fn(&mut PhoneView)| {
            let mut view = phone::samples::view();
            view.calls.clear();
            if let Some(queue) = &mut view.queue {
                queue.wrap_up = None;
            }
            change(&mut view);
            view
        };
        let with_call = |change: fn(&mut CallView)| {
            let mut view = phone::samples::view();
            view.calls.iter_mut().for_each(change);
            view
        };
        fn queue(view: &mut PhoneView) -> &mut QueueView {
            view.queue.as_mut().expect("the sample has one")
        }
        let mut table = vec![
            (Standing::OnCall, with_call(|_| {})),
            (Standing::Muted, with_call(|it| it.muted = true)),
            (Standing::Held, with_call(|it| it.held = true)),
            (
                Standing::Ringing,
                with_call(|it| it.state = CallState::Alerting),
            ),
            (
                Standing::WrapUp,
                view(|it| queue(it).wrap_up = Some(phone::samples::wrap_up())),
            ),
            (
                Standing::WrapUp,
                view(|it| {
                    it.link = LinkView::Opening;
                    queue(it).wrap_up = Some(phone::samples::wrap_up());
                }),
            ),
            (Standing::Ready, view(|_| {})),
            (Standing::Ready, view(|it| it.queue = None)),
            (
                Standing::Ready,
                view(|it| {
                    it.sound.devices = None;
                    it.sound.microphone = None;
                }),
            ),
            (
                Standing::Paused,
                view(|it| queue(it).availability = Some(Availability::Pause { reason: None })),
            ),
            (Standing::Unset, view(|it| queue(it).availability = None)),
            (
                Standing::NoQueue,
                view(|it| {
                    let message = "Invalid Authentication".to_owned();
                    queue(it).login = QueueLoginView::Failed { message };
                }),
            ),
            (
                Standing::NoMicrophone,
                view(|it| it.sound.microphone = None),
            ),
            (
                Standing::NoPhone,
                view(|it| {
                    it.account = AccountView::SignedIn {
                        user: user(),
                        phone: false,
                        since: BEGIN,
                    };
                }),
            ),
            (
                Standing::Connecting,
                view(|it| {
                    it.line = LineView::Registering;
                    it.proofs.line_confirmed_at = None;
                }),
            ),
            (
                Standing::Reconnecting,
                view(|it| it.line = LineView::Registering),
            ),
            (
                Standing::SignedOut,
                view(|it| {
                    it.lease = Some(LeaseView {
                        state: LeaseState::Lost {
                            reason: phone::SignedOutReason::LeaseExpired,
                        },
                        ttl_ms: 1,
                    });
                }),
            ),
        ];
        for account in phone::samples::accounts() {
            let standing = match &account {
                AccountView::SignedOut { .. } | AccountView::SigningOut => Standing::SignedOut,
                AccountView::Restoring
                | AccountView::Resuming { .. }
                | AccountView::SigningIn { .. }
                | AccountView::Asking { .. } => Standing::Connecting,
                AccountView::NotConfigured { .. } => Standing::NoPhone,
                AccountView::SignedIn { .. } | AccountView::Fallback { .. } => Standing::Ready,
            };
            let mut view = view(|_| {});
            view.account = account;
            table.push((standing, view));
        }
        for link in phone::samples::links() {
            let standing = match &link {
                LinkView::Up { .. } => Standing::Ready,
                LinkView::Off | LinkView::Opening | LinkView::Down { .. } => Standing::Reconnecting,
            };
            let mut view = view(|_| {});
            view.link = link;
            table.push((standing, view));
        }
        for line in phone::samples::lines() {
            let standing = match &line {
                LineView::Registered { .. } => Standing::Ready,
                LineView::Off | LineView::Registering => Standing::Reconnecting,
                LineView::Failed { .. } => Standing::NoLine,
            };
            let mut view = view(|_| {});
            view.line = line;
            table.push((standing, view));
        }
        table
    }

    impl Standing {
        /// What the page calls it, which tells in the call itself that its user is muted.
        pub(crate) fn of_page(self) -> &'static str {
            match self {
                Self::Ringing => "ringing",
                Self::OnCall | Self::Muted => "on_a_call",
                Self::Held => "on_hold",
                Self::SignedOut => "signed_out",
                Self::NoPhone => "no_phone",
                Self::WrapUp => "wrap_up",
                Self::NoLine => "no_line",
                Self::Connecting => "connecting",
                Self::Reconnecting => "reconnecting",
                Self::NoMicrophone => "no_microphone",
                Self::NoQueue => "no_queue",
                Self::Ready => "ready",
                Self::Paused => "paused",
                Self::Unset => "unset",
            }
        }
    }

    #[test]
    fn each_view_has_the_standing_that_the_page_gives_it() {
        for (standing, view) in table() {
            assert_eq!(Standing::of(&view), standing, "{view:?}");
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
}
