//! One of everything that front doors are told, for the tests that hold what they write to what it is
//! said to be.

use crate::{
    AccountView, AgentView, AskView, AutoAnswer, Availability, CallId, CallQuality, CallSettings,
    CallState, CallView, CandidateKind, CertificateFault, Codec, Device, DeviceFault, DeviceKind,
    DeviceRole, DeviceWhy, Direction, EndCause, EndedCallView, Event, Hop, HopFacts, LeaseState,
    LeaseView, LineView, LinkView, LockReturned, Moment, MoveAnswer, MoveRequestState,
    MoveRequestView, NotMoved, OneWay, OrderView, PathCheckView, PhoneView, PlaybackView, Proofs,
    Quality, QueueLoginView, QueueRefusalView, QueueView, Refused, Rejected, ServerCheckView,
    SignedOutReason, SoundCheckView, SoundSettings, SoundVerdict, SoundView, TroubleView, UserView,
    VaultView, VoicePath, WrapUpView,
};

/// Makes one value of each variant; one that is left out does not compile.
macro_rules! one_of_each {
    ($enum:ident: $($variant:ident $({ $($fields:tt)* })?),+ $(,)?) => {{
        let _ = |it: &$enum| match it {
            $($enum::$variant { .. } => {})+
        };
        [$($enum::$variant $({ $($fields)* })?),+]
    }};
}

/// Returns one event of each type.
pub fn events() -> Vec<Event> {
    let call = CallId(1);
    one_of_each!(Event:
        Resuming { user: ana() },
        ResumeDelayed {
            hop: Hop::Tcp,
            detail: "The sidecar at helix.example port 443 cannot be reached".into(),
            retry_in_ms: 2000,
        },
        SignedIn {
            user: ana(),
            phone: true,
        },
        SessionHeld { ttl_seconds: 3600 },
        SessionAtRisk {
            expires_in_ms: 3_540_000,
            hop: Hop::Tcp,
            detail: "The sidecar at helix.example port 443 cannot be reached".into(),
        },
        SessionLost {
            reason: SignedOutReason::LeaseExpired,
        },
        SignedOut {
            reason: SignedOutReason::ByUser {
                lock: LockReturned::Free,
            },
        },
        MoveAsked {
            device_name: laptop(),
            answer_within_ms: 20_000,
        },
        MoveAfterCall { device_name: laptop() },
        MovedHere { device_name: laptop() },
        MoveRequested {
            request: 12,
            device_name: laptop(),
            answer_within_ms: 20_000,
        },
        MoveAnswered {
            request: 12,
            answer: MoveAnswer::AfterCall,
            automatically: true,
        },
        MoveRequestOver { request: 12 },
        LinkUp,
        LinkDown {
            hop: Hop::Tls,
            detail: "The certificate of sip.example expired on 2026-01-01 00:00 UTC".into(),
            facts: Some(Box::new(HopFacts::Certificate {
                fault: CertificateFault::Expired,
                issuer: None,
                valid: Some(1_767_225_600_000),
                names: Vec::new(),
            })),
            retry_in_ms: 60_000,
        },
        Registered {
            expires_in_ms: 600_000,
        },
        RegisterFailed {
            status: Some(403),
            reason: "Forbidden".into(),
            retry_in_ms: None,
        },
        Unregistered,
        CallDialing {
            call,
            target: "700202".into(),
        },
        CallIncoming {
            call,
            from: "700202".into(),
            display_name: Some("Ravi".into()),
        },
        CallRinging {
            call,
            status: 180,
            early_media: false,
        },
        CallSilenced { call },
        CallAnswered {
            call,
            automatically: false,
        },
        CallConnected { call },
        CallHeld { call },
        CallResumed { call },
        CallHeldByPeer { call, held: true },
        CallMuted { call, muted: true },
        CallChangeFailed {
            call,
            reason: "488 Not Acceptable Here".into(),
        },
        CallInterrupted { call },
        CallRecovered {
            call,
            after_ms: 2400,
        },
        CallOneWay {
            call,
            way: OneWay::In,
        },
        CallOneWayOver {
            call,
            way: OneWay::In,
            after_ms: 9_400,
        },
        CallEnded {
            call,
            cause: EndCause::Remote,
        },
        FirstAudio { call },
        DtmfReceived { call, digit: '5' },
        MediaQuality {
            call,
            quality: quality(),
        },
        MediaFailed {
            call,
            reason: "The file out.wav cannot be written".into(),
        },
        SoundDevices {
            devices: vec![headset()],
        },
        SoundDeviceUsed {
            role: DeviceRole::Microphone,
            device: Some(headset()),
        },
        SoundDeviceChanged {
            role: DeviceRole::Microphone,
            device: Some(headset()),
            why: DeviceWhy::Busy,
            lost: Some("Poly Voyager".into()),
            words: "Poly Voyager is used by another program. Using Jabra Evolve2 now.".into(),
        },
        SoundLevels {
            microphone_dbfs: -22.5,
            speaker_dbfs: -127.0,
        },
        SoundCapture { open: true },
        SoundMutedSpeech,
        SoundSilentMicrophone,
        SoundChecked {
            verdict: SoundVerdict::VeryQuiet,
            words: "Very quiet: raise the microphone in the sound settings",
        },
        SoundCheckGivenUp,
        ServerChecked {
            check: ServerCheckView::Reached {
                took_ms: 84,
                clock_ahead_ms: None,
                at: Moment(9_400),
            },
        },
        PathChecked {
            check: PathCheckView::NoServer { at: Moment(9_400) },
        },
        CallTurnedAway {
            from: "700203".into(),
        },
        QueueLogin {
            login: QueueLoginView::In,
        },
        QueueState {
            availability: at_lunch(),
        },
        QueueNext {
            next: Some(at_lunch()),
        },
        QueueDelayed {
            hop: Hop::Http,
            detail: "Ozonetel does not answer.".into(),
            retry_in_ms: 1500,
        },
        QueueRefused {
            of: Refused::Availability {
                availability: at_lunch(),
            },
            message: "pauseReason is Invalid".into(),
        },
        WrapUpBegun {
            call,
            seconds: Some(60),
        },
        WrapUpEnded {
            call,
            timed_out: true,
        },
        OutcomeSaved {
            call,
            outcome: "Sale".into(),
        },
        OutcomeKept {
            call,
            hop: Hop::Http,
            detail: "Ozonetel does not answer.".into(),
        },
        OutcomeLost {
            call,
            outcome: "Sale".into(),
        },
        VaultFault {
            detail: "The keyring does not answer".into(),
        },
    )
    .into()
}

/// Returns one rejection of each code.
pub fn rejections() -> Vec<Rejected> {
    let call = CallId(7);
    one_of_each!(Rejected:
        NotSignedIn,
        AlreadySignedIn,
        NoPhone,
        NoSidecar,
        NotRegistered,
        LeaseLost,
        UnknownRequest { request: 12 },
        UnknownCall { call },
        WrongState { call },
        TooManyCalls,
        InvalidTarget {
            reason: "a space in the user part".into(),
        },
        NotAllowed,
        Emergency {
            text: "This phone cannot call emergency services. Use a mobile.".into(),
        },
        InvalidDigit { digit: 'x' },
        InCall,
        CheckRuns,
        InvalidSettings {
            reason: "ring_volume is more than 100".into(),
        },
        NoQueue,
        UnknownReason,
        NoWrapUp,
        UnknownOutcome,
        NoOutcome,
        NoMoreTime,
        NoteTooLong,
        Stopping,
    )
    .into()
}

/// Returns one account in each state.
pub fn accounts() -> Vec<AccountView> {
    one_of_each!(AccountView:
        SignedOut {
            reason: None,
            since: Moment(1_100),
        },
        Restoring,
        Resuming {
            user: ana(),
            trouble: Some(TroubleView {
                hop: Hop::Tcp,
                detail: "What happened".into(),
                facts: None,
            }),
        },
        SigningIn {
            email: "ana@helix.example".into(),
        },
        Asking {
            email: "ana@helix.example".into(),
            device_name: laptop(),
            ask: AskView::AfterCall,
        },
        SignedIn {
            user: ana(),
            phone: true,
            since: Moment(1_180),
        },
        Fallback {
            sip_uri: "sip:700201@sip.example".into(),
        },
        NotConfigured {
            message: "SIP is not started: why".into(),
        },
        SigningOut,
    )
    .into()
}

/// Returns each state of asking for a session.
pub fn asks() -> Vec<AskView> {
    one_of_each!(AskView:
        Sending,
        Waiting {
            until: Moment(21_100),
        },
        AfterCall,
    )
    .into()
}

/// Returns a request of another device in each state.
pub fn move_requests() -> Vec<MoveRequestView> {
    let states = one_of_each!(MoveRequestState:
        Waiting {
            until: Moment(21_100),
        },
        AfterCall { by_user: true },
        Granted,
    );
    let by_silence = MoveRequestState::AfterCall { by_user: false };
    let request = |state| MoveRequestView {
        request: 12,
        device_name: laptop(),
        state,
    };
    states
        .into_iter()
        .chain([by_silence])
        .map(request)
        .collect()
}

/// Returns each answer to such a request.
pub fn move_answers() -> Vec<MoveAnswer> {
    one_of_each!(MoveAnswer: Now, AfterCall, No).into()
}

/// Returns each reason for which a session stays where it is.
pub fn not_moved() -> Vec<NotMoved> {
    one_of_each!(NotMoved: Refused, Unanswered, Superseded, Lapsed, Withdrawn).into()
}

/// Returns one lease in each state.
pub fn leases() -> Vec<LeaseView> {
    let states = one_of_each!(LeaseState:
        Held,
        AtRisk {
            hop: Hop::Timeout,
            detail: "The sidecar did not answer".into(),
        },
        Lost {
            reason: SignedOutReason::LeaseExpired,
        },
    );
    let lease = |state| LeaseView {
        state,
        ttl_ms: 3_600_000,
    };
    states.map(lease).into()
}

/// Returns one link in each state.
pub fn links() -> Vec<LinkView> {
    one_of_each!(LinkView:
        Off,
        Opening,
        Up {
            since: Moment(1_190),
        },
        Down {
            host: "sip.example".into(),
            hop: Hop::Dns,
            detail: "The name sip.example has no address".into(),
            facts: None,
            retry_at: Moment(1_900),
        },
    )
    .into()
}

/// Returns one line in each state.
pub fn lines() -> Vec<LineView> {
    one_of_each!(LineView:
        Off,
        Registering,
        Registered {
            extension: "700201".into(),
            server: "sip.example".into(),
            since: Moment(1_200),
        },
        Failed {
            status: Some(403),
            reason: "Forbidden".into(),
            retry_at: Some(Moment(61_200)),
        },
    )
    .into()
}

/// Returns each state of a call.
pub fn call_states() -> Vec<CallState> {
    one_of_each!(CallState:
        Calling,
        Ringing { early_media: true },
        Alerting,
        Answering,
        Connecting,
        Talking,
    )
    .into()
}

/// Returns each quality of a call.
pub fn qualities() -> Vec<CallQuality> {
    one_of_each!(CallQuality: Good, Fair, Poor, PoorHere).into()
}

/// Returns each side that may not hear the other.
pub fn ways() -> Vec<OneWay> {
    one_of_each!(OneWay: In, Out).into()
}

/// Returns each kind of an address of a peer.
pub fn candidate_kinds() -> Vec<CandidateKind> {
    one_of_each!(CandidateKind: Host, ServerReflexive, PeerReflexive, Relayed).into()
}

/// Returns each codec.
pub fn codecs() -> Vec<Codec> {
    one_of_each!(Codec: Opus, Pcmu, Pcma).into()
}

/// Returns one sound check in each state.
pub fn sound_checks() -> Vec<SoundCheckView> {
    one_of_each!(SoundCheckView:
        Running,
        Done {
            verdict: SoundVerdict::Good,
            words: "Good",
            at: Moment(9_400),
            playback: Some(PlaybackView::Open {
                device: headset().name,
            }),
        },
    )
    .into()
}

/// Returns a speaker of a sound check in each state.
pub fn playbacks() -> Vec<PlaybackView> {
    one_of_each!(PlaybackView:
        Open {
            device: headset().name,
        },
        Failed {
            fault: device_fault(),
        },
    )
    .into()
}

/// Returns one question for the voice path in each state.
pub fn path_checks() -> Vec<PathCheckView> {
    one_of_each!(PathCheckView:
        Running,
        Reached {
            local: ([192, 168, 1, 20], 50_000).into(),
            seen_as: ([203, 0, 113, 9], 40_000).into(),
            took_ms: 24,
            at: Moment(9_400),
        },
        Silent {
            servers: vec![([203, 0, 113, 5], 3478).into()],
            at: Moment(9_400),
        },
        NoServer { at: Moment(9_400) },
    )
    .into()
}

/// Returns one question whether the sidecar answers in each state.
pub fn server_checks() -> Vec<ServerCheckView> {
    one_of_each!(ServerCheckView:
        Running,
        Reached {
            took_ms: 84,
            clock_ahead_ms: Some(-7_200_000),
            at: Moment(9_400),
        },
        Failed {
            hop: Hop::Proxy,
            detail: "The proxy on the way to helix.example failed: unsuccessful".into(),
            facts: Some(Box::new(HopFacts::Proxy {
                name: "proxy.example:3128".into(),
                status: Some(403),
                port: 443,
            })),
            at: Moment(9_400),
        },
    )
    .into()
}

/// Returns one vault in each state.
pub fn vaults() -> Vec<VaultView> {
    one_of_each!(VaultView:
        Keyring,
        Memory,
        Failed {
            detail: "The keyring does not answer".into(),
        },
    )
    .into()
}

/// Returns one reason of each code.
pub fn signed_out_reasons() -> Vec<SignedOutReason> {
    let message = || "The server's words".to_owned();
    let since = || Some("2026-01-05T08:00:00Z".to_owned());
    one_of_each!(SignedOutReason:
        ByUser {
            lock: LockReturned::Unconfirmed { for_ms: 3_540_000 },
        },
        WrongCredentials { message: message() },
        NotConfigured { message: message() },
        SecondFactor { message: message() },
        EmailNotVerified { message: message() },
        BadRequest { message: message() },
        HeldElsewhere {
            message: message(),
            device_name: Some("Ana's laptop".into()),
            system: Some("Windows".into()),
            since: since(),
            in_call: Some(true),
            same_member: Some(true),
            askable: true,
        },
        NotMoved {
            device_name: laptop(),
            why: NotMoved::Refused,
        },
        TooManyTries {
            message: message(),
            retry_after_seconds: Some(30),
        },
        ServerTrouble {
            status: 503,
            message: message(),
        },
        Unreachable {
            hop: Hop::Tcp,
            detail: "What happened".into(),
            facts: None,
        },
        BadAccount {
            detail: "sipWsServer does not begin with wss".into(),
        },
        TakenOver {
            device_name: Some("Ana's laptop".into()),
        },
        LeaseExpired,
        TokenRefused,
        AccountChanged,
    )
    .into()
}

/// Returns one cause of each code.
pub fn end_causes() -> Vec<EndCause> {
    let reason = || "The server's words".to_owned();
    one_of_each!(EndCause:
        Local,
        Remote,
        Declined,
        Missed,
        AnsweredElsewhere,
        Busy {
            status: 486,
            reason: reason(),
        },
        NoAnswer {
            status: 480,
            reason: reason(),
        },
        NotFound {
            status: 404,
            reason: reason(),
        },
        Refused {
            status: 603,
            reason: reason(),
        },
        Timeout,
        LinkLost,
        NoMediaPath,
        Security {
            detail: "The certificate is not the one of the description".into(),
        },
        MediaLost,
        Incompatible {
            detail: "No codec in common".into(),
        },
        SignedOut,
    )
    .into()
}

/// Returns each hop.
pub fn hops() -> Vec<Hop> {
    one_of_each!(Hop:
        Configuration,
        Dns,
        Tcp,
        Proxy,
        Tls,
        Http,
        WebSocket,
        Timeout,
    )
    .into()
}

/// Returns each kind of device.
pub fn device_kinds() -> Vec<DeviceKind> {
    one_of_each!(DeviceKind: Headset, BuiltIn, Bluetooth, Monitor, Other).into()
}

/// Returns each role of a device.
pub fn device_roles() -> Vec<DeviceRole> {
    one_of_each!(DeviceRole: Microphone, Speaker, Ringer).into()
}

/// Returns each reason for which the device is another one.
pub fn device_whys() -> Vec<DeviceWhy> {
    one_of_each!(DeviceWhy: Gone, Busy, Refused, Service, Stuck, Broken, Preferred, Default, Recovered)
        .into()
}

/// Returns why there is no microphone.
pub fn device_fault() -> DeviceFault {
    DeviceFault {
        why: DeviceWhy::Busy,
        device: Some("Poly Voyager".into()),
    }
}

/// Returns each verdict.
pub fn verdicts() -> Vec<SoundVerdict> {
    one_of_each!(SoundVerdict:
        NoMicrophone,
        Silent,
        Clipped,
        VeryQuiet,
        Noisy,
        BuiltInMicrophone,
        NarrowBluetooth,
        Good,
    )
    .into()
}

/// Returns each way to answer.
pub fn auto_answers() -> Vec<AutoAnswer> {
    one_of_each!(AutoAnswer: Off, Header, Always).into()
}

/// Returns a view in which as much as can be has a value.
pub fn view() -> PhoneView {
    PhoneView {
        account: AccountView::SignedIn {
            user: ana(),
            phone: true,
            since: Moment(1_180),
        },
        agent: Some(AgentView {
            agent_id: "agent-7".into(),
            extension: "700201".into(),
            campaign: Some("Inbound".into()),
        }),
        lease: Some(LeaseView {
            state: LeaseState::Held,
            ttl_ms: 3_600_000,
        }),
        move_request: move_requests().into_iter().next(),
        link: LinkView::Up {
            since: Moment(1_190),
        },
        line: LineView::Registered {
            extension: "700201".into(),
            server: "sip.example".into(),
            since: Moment(1_200),
        },
        queue: Some(queue()),
        proofs: Proofs {
            session_confirmed_at: Some(Moment(1_195)),
            session_expires_at: Some(Moment(3_601_190)),
            link_heard_at: Some(Moment(8_900)),
            line_confirmed_at: Some(Moment(1_200)),
            line_expires_at: Some(Moment(601_200)),
            queue_confirmed_at: Some(Moment(4_300)),
        },
        calls: vec![CallView {
            call: CallId(1),
            direction: Direction::Outgoing,
            state: CallState::Talking,
            number: "700202".into(),
            display_name: None,
            auto_answer: false,
            silenced: false,
            held: false,
            held_by_peer: false,
            muted: false,
            interrupted: false,
            began_at: Moment(4_000),
            talking_since: Some(Moment(6_500)),
            held_since: None,
            interrupted_since: None,
            one_way_in_since: None,
            one_way_out_since: None,
            repairing: false,
            quality: Some(CallQuality::Good),
            path: Some(VoicePath {
                local: ([192, 168, 1, 20], 50_000).into(),
                remote: ([203, 0, 113, 7], 30_000).into(),
                remote_kind: CandidateKind::Host,
                codec: Codec::Opus,
            }),
            round_trip_ms: Some(20),
        }],
        ended: Some(EndedCallView {
            call: CallId(0),
            direction: Direction::Incoming,
            number: "700203".into(),
            display_name: Some("Ravi".into()),
            cause: EndCause::Remote,
            talked_ms: Some(1_500),
            at: Moment(3_800),
        }),
        call_settings: CallSettings::default(),
        sound: SoundView {
            capture_open: false,
            settings: SoundSettings::default(),
            devices: Some(vec![headset()]),
            microphone: Some(headset()),
            speaker: None,
            ringer: None,
            microphone_fault: None,
            check: None,
            tested: None,
            muted_speech_at: None,
        },
        server_check: None,
        path_check: None,
        vault: VaultView::Keyring,
    }
}

/// Returns each availability.
pub fn availabilities() -> Vec<Availability> {
    one_of_each!(Availability:
        Ready,
        Pause {
            reason: Some("Lunch".into()),
        },
    )
    .into()
}

/// Returns each state of the login at the queue.
pub fn queue_logins() -> Vec<QueueLoginView> {
    one_of_each!(QueueLoginView:
        Unknown,
        In,
        Pending,
        Failed {
            message: "agent9 logged in with the number (700201)".into(),
        },
    )
    .into()
}

/// Returns a refusal of each kind.
pub fn queue_refusals() -> Vec<QueueRefusalView> {
    let refused = one_of_each!(Refused:
        Availability {
            availability: at_lunch(),
        },
        Outcome {
            call: CallId(0),
            outcome: "Sale".into(),
        },
    );
    let refusal = |of| QueueRefusalView {
        of,
        message: "The queue's words".into(),
        at: Moment(8_000),
    };
    refused.map(refusal).into()
}

/// Returns an order that has no answer so far.
pub fn order() -> OrderView {
    OrderView {
        availability: at_lunch(),
        trouble: Some(TroubleView {
            hop: Hop::Http,
            detail: "Ozonetel does not answer.".into(),
            facts: None,
        }),
        retry_at: Some(Moment(9_900)),
    }
}

/// Returns a wrap-up in which as much as can be has a value.
pub fn wrap_up() -> WrapUpView {
    WrapUpView {
        call: CallId(0),
        number: "700203".into(),
        display_name: Some("Ravi".into()),
        cause: EndCause::MediaLost,
        since: Moment(3_800),
        ends_at: Some(Moment(63_800)),
        more_ms: Some(30_000),
        outcome: Some("Sale".into()),
        note: "Calls back on Monday".into(),
        saving: false,
    }
}

fn queue() -> QueueView {
    QueueView {
        login: QueueLoginView::In,
        availability: Some(Availability::Ready),
        since: Some(1_300),
        pause_reasons: vec!["Lunch".into(), "Tea".into()],
        outcomes: vec!["Sale".into(), "No sale".into()],
        order: None,
        next: Some(at_lunch()),
        refused: None,
        wrap_up: Some(wrap_up()),
        unsaved: 1,
        at_stake: 2,
    }
}

fn at_lunch() -> Availability {
    Availability::Pause {
        reason: Some("Lunch".into()),
    }
}

fn laptop() -> Option<String> {
    Some("Ana's laptop".into())
}

fn headset() -> Device {
    Device {
        id: "pulseaudio:alsa_input.usb-Jabra_Evolve2".into(),
        name: "Jabra Evolve2".into(),
        kind: DeviceKind::Headset,
        input: true,
        output: false,
        default_input: true,
        default_output: false,
    }
}

fn ana() -> UserView {
    UserView {
        id: "u-1".into(),
        role: "cc-agent".into(),
        name: "Ana".into(),
        email: "ana@helix.example".into(),
    }
}

fn quality() -> Quality {
    Quality {
        packets_sent: 500,
        packets_received: 498,
        packets_lost: 2,
        packets_late: 0,
        samples_played: 480_000,
        samples_concealed: 1920,
        jitter_ms: 1.5,
        playout_delay_ms: 40.0,
        round_trip_ms: Some(12.5),
        far_loss: Some(0.0),
        silent_ms: Some(12),
        unheard_ms: Some(0),
        capture_level_dbfs: -18.0,
        playback_level_dbfs: -20.5,
        playback_tone_hz: None,
    }
}
