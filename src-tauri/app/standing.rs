//! What the phone is to somebody who glances at it: the shape and the words of the tray.

use phone::{
    AccountView, CallState, CallView, LeaseState, LeaseView, LineView, LinkView, PhoneView,
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
    Ready,
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
        let is_live = |call: &&CallView| !matches!(call.state, CallState::Ending);
        if ringing(view).is_some() {
            return Self::Ringing;
        }
        let mut live = view.calls.iter().filter(is_live).peekable();
        if live.peek().is_some() {
            return match live.find(|call| !call.held) {
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
            LineView::Registered { .. } => Self::Ready,
            LineView::Failed { .. } => Self::Fault,
        }
    }
}

/// Returns the call that rings here, the oldest where there are more.
pub(crate) fn ringing(view: &PhoneView) -> Option<&CallView> {
    view.calls
        .iter()
        .find(|call| matches!(call.state, CallState::Alerting))
}
