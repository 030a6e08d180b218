use std::time::Duration;

use crate::{Answer, CallHandle, DialogHandle, Offer};

/// What the user agent tells its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The registrar confirmed this device's own binding; comes again after each refresh.
    Registered {
        /// How long the binding lives from now.
        expires_in: Duration,
    },
    /// The registrar refused or did not answer.
    ///
    /// With `retry_in` the user agent tries again by itself; without it the account is wrong and it
    /// has stopped.
    RegistrationFailed {
        cause: Cause,
        retry_in: Option<Duration>,
    },
    /// The binding is gone because [`unregister`](crate::UserAgent::unregister) asked for it.
    Unregistered,

    /// A call comes in and the caller hears ringing (180 has been sent).
    Incoming {
        call: CallHandle,
        from: Party,
        /// P-Asserted-Identity (RFC 3325), where the registrar's side sent one.
        asserted: Option<Party>,
        /// `None`: the answer carries the offer and the ACK the answer (RFC 3261 §13.2.1).
        offer: Option<Offer>,
        /// Every `X-*` header, Diversion and those whose names end in `UCID`, in order of appearance,
        /// values trimmed.
        headers: Vec<(String, String)>,
        /// The delay of `Call-Info: …;answer-after=`, or zero for an Alert-Info that asks for
        /// auto-answer.
        answer_after: Option<Duration>,
    },
    /// A call that came while as many as allowed existed; it was answered 486.
    TurnedAway {
        from: Party,
        /// As of a call that comes in.
        asserted: Option<Party>,
    },
    /// Our answer arrived: ACK for our 2xx. Carries the answer where our 2xx made the offer.
    Established {
        call: CallHandle,
        answer: Option<Answer>,
    },

    /// A provisional response of 180 and above, or the first 18x of a fork.
    Progress {
        call: CallHandle,
        dialog: DialogHandle,
        status: u16,
        /// Early media (RFC 3960), given once per dialog: a repeated or changed description is not
        /// given again.
        answer: Option<Answer>,
    },
    /// A 2xx to our INVITE; ACK has been sent and every other dialog is being ended.
    Accepted {
        call: CallHandle,
        dialog: DialogHandle,
        /// `None` where the same description came with a provisional response of this dialog.
        answer: Option<Answer>,
    },

    /// The peer asks to change the session (re-INVITE or UPDATE with an offer): respond with
    /// [`accept_reoffer`](crate::UserAgent::accept_reoffer) or
    /// [`refuse_reoffer`](crate::UserAgent::refuse_reoffer). An offer of ours that waited is
    /// withdrawn.
    Reoffered { call: CallHandle, offer: Offer },
    /// A re-INVITE without a description: respond with
    /// [`offer_in_answer`](crate::UserAgent::offer_in_answer). An offer of ours that waited is
    /// withdrawn.
    OfferWanted { call: CallHandle },
    /// The answer to our [`reoffer`](crate::UserAgent::reoffer), or to our offer in a 2xx.
    ReofferAccepted { call: CallHandle, answer: Answer },
    /// The peer keeps the session as it is (488, 491 after all retries, time-out …).
    ReofferRefused { call: CallHandle, cause: Cause },

    /// A digit by INFO (`application/dtmf-relay` or `application/dtmf`).
    Dtmf { call: CallHandle, digit: char },
    /// A digit that [`send_dtmf`](crate::UserAgent::send_dtmf) sent was refused or not answered.
    DtmfFailed { call: CallHandle, cause: Cause },

    /// The call is over; its handle names nothing any more. Always the last event of a call.
    Ended { call: CallHandle, cause: Cause },

    /// The peer or the registrar showed that the flow is alive and this device reachable: any valid
    /// message.
    Alive,
}

/// One end of a call, as the message named it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    pub display_name: Option<String>,
    /// The URI without header parameters: `sip:700201@sip.example`.
    pub uri: String,
    /// The user part, or the number of a `tel:` URI, percent-decoded; empty where there is none.
    pub user: String,
    /// Whether this stands in place of who it is: the caller withholds that (RFC 3323 §4.1.1.3).
    pub anonymous: bool,
}

/// Why something ended or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// We ended it.
    Local,
    /// The peer hung up a call that was answered (BYE).
    Remote,
    /// The caller gave up before we answered (CANCEL).
    Cancelled,
    /// The call was answered on another device (CANCEL with `Reason: SIP;cause=200`, RFC 3326).
    AnsweredElsewhere,
    /// A final response of 300 to 699, with its reason phrase.
    Refused { status: u16, reason: String },
    /// No response in time (RFC 3261 timers B, F, H).
    Timeout,
    /// The flow was gone when something had to be sent, or did not come back in time.
    FlowLost,
    /// The peer broke the protocol: what it did.
    Protocol(String),
}
