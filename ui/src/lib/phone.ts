// Made from the Rust types by `HELIX_WRITE=1 cargo test --bin helix-phone page::types`.

/** A command has been taken; what comes of it arrives as events and views. */
export type Accepted = {
  /** The call that `Command::Dial` began. */
  call?: CallId;
};

export type AccountView =
  | { state: "signed_out"; reason: SignedOutReason | null; since: Moment }
  | { state: "restoring" }
  | { state: "resuming"; user: UserView; trouble: TroubleView | null }
  | { state: "signing_in"; email: string }
  | { state: "asking"; email: string; device_name: string | null; ask: AskView }
  | { state: "signed_in"; user: UserView; phone: boolean; since: Moment }
  | { state: "fallback"; sip_uri: string }
  | { state: "not_configured"; message: string }
  | { state: "signing_out" };

/** What the sidecar told of the agent's account. */
export type AgentView = {
  agent_id: string;
  extension: string;
  campaign: string | null;
};

/**
 * The arguments of `answer_link`: the number that was asked about, as in the window's state, and
 * whether it is called.
 */
export type AnswerLink = {
  number: string;
  dial: boolean;
};

/** The arguments of `answer_quit`. */
export type AnswerQuit = {
  quit: boolean;
};

/** How far the device that holds the session has been asked for it. */
export type AskView =
  | { state: "sending" }
  | { state: "waiting"; until: Moment }
  | { state: "after_call" };

/** Which calls are answered without the user; only ever the one call that there is. */
export type AutoAnswer = "off" | "header" | "always";

/** Whether calls of the queue are to reach the agent. */
export type Availability =
  | { state: "ready" }
  | {
      state: "pause";
      /** One of those that the sidecar lists; `null` where it lists none. */
      reason: string | null;
    };

/** Names a call in commands, events and views; never used twice in one run. */
export type CallId = number;

/** How a call sounds. */
export type CallQuality = "good" | "fair" | "poor" | "poor_here";

/** How calls are taken. */
export type CallSettings = {
  auto_answer: AutoAnswer;
  /** Whether a beep of 400 ms tells the user that a call is about to be answered by itself. */
  auto_answer_tone: boolean;
  /**
   * How many calls may exist at once, 1 to 8. One of them talks, the others are held; one more
   * incoming call is answered "busy".
   */
  max_calls: number;
};

export type CallState =
  | { state: "calling" }
  | { state: "ringing"; early_media: boolean }
  | { state: "alerting" }
  | { state: "answering" }
  | { state: "connecting" }
  | { state: "talking" };

export type CallView = {
  call: CallId;
  direction: Direction;
  state: CallState;
  /** The number or user at the other end, and its name where one was given; empty, and none, where the caller withholds who they are. */
  number: string;
  display_name: string | null;
  /** Whether it is about to be answered by itself, or was. */
  auto_answer: boolean;
  /** Whether it rings here and its user does not want to hear that. */
  silenced: boolean;
  /**
   * Whether it waits: its user has put it on hold, or turned to another call. The far end hears nothing meanwhile, whether
   * or not it was told.
   */
  held: boolean;
  held_by_peer: boolean;
  muted: boolean;
  /** Sound does not arrive at present. */
  interrupted: boolean;
  began_at: Moment;
  /** Since sound can flow both ways. */
  talking_since: Moment | null;
  held_since: Moment | null;
  interrupted_since: Moment | null;
  /** Since when nothing of theirs arrives here, although the way of the sound lives: told after 4 s. */
  one_way_in_since: Moment | null;
  /** Since when nothing of ours arrives there, by the far end's own reports; `null` where it sends none. */
  one_way_out_since: Moment | null;
  /** Whether a repair that was asked for is under way. */
  repairing: boolean;
  /** How it sounds at present; `null`: not known yet. */
  quality: CallQuality | null;
  /** Which way its sound goes; `null`: it goes none yet. */
  path: VoicePath | null;
  /** How long a packet takes there and back, rounded up to 10 ms; `null`: not known yet. */
  round_trip_ms: number | null;
};

/** What an address of a peer is (RFC 8445 §5.1.1). */
export type CandidateKind = "host" | "server_reflexive" | "peer_reflexive" | "relayed";

/** What is wrong with a server's certificate. */
export type CertificateFault = "not_trusted" | "expired" | "not_yet_valid" | "other_name" | "revoked";

/** What is sent. */
export type Codec = "opus" | "pcmu" | "pcma";

/**
 * What a user, a scenario or a script can ask of the phone.
 *
 * The window reads it from JSON as it is; see `headless` for a front door whose secrets may lie elsewhere.
 */
export type Command =
  | { command: "sign_in"; email: string; password: string; takeover: boolean }
  | { command: "ask_to_move"; email: string; password: string }
  | { command: "answer_move"; request: number; answer: MoveAnswer }
  | { command: "sign_out" }
  | { command: "dial"; target: string }
  | { command: "answer"; call: CallId }
  | { command: "hang_up"; call: CallId }
  | { command: "silence"; call: CallId }
  | { command: "hold"; call: CallId }
  | { command: "resume"; call: CallId }
  | { command: "mute"; call: CallId }
  | { command: "unmute"; call: CallId }
  | { command: "repair"; call: CallId }
  | { command: "dtmf"; call: CallId; digits: string }
  | { command: "reconnect" }
  | { command: "check" }
  | { command: "devices" }
  | { command: "sound_check" }
  | { command: "test_output"; output: Output }
  | { command: "set_sound"; settings: SoundSettings }
  | { command: "set_calls"; settings: CallSettings }
  | { command: "ready" }
  | { command: "pause"; reason: string | null }
  | { command: "cancel_next" }
  | { command: "wrap_up"; outcome: string | null; note: string }
  | { command: "finish_wrap_up"; then: Availability | null }
  | { command: "more_time" };

/** The arguments of `copy`: what goes to the clipboard. */
export type Copy = {
  text: string;
};

/** An account of the demo's own world, whose password is no secret. */
export type DemoAccount = {
  email: string;
  password: string;
};

/** A sound device of the system. */
export type Device = {
  /** Names it for good: it outlives restarts and being plugged in again. */
  id: string;
  name: string;
  kind: DeviceKind;
  input: boolean;
  output: boolean;
  default_input: boolean;
  default_output: boolean;
};

/** Why a device that is needed cannot be used. */
export type DeviceFault = {
  why: DeviceWhy;
  /** The name of the device, where one is known. */
  device: string | null;
};

/** The make of a device, as far as the system tells it. */
export type DeviceKind = "headset" | "built_in" | "bluetooth" | "monitor" | "other";

/** What a device is used for. */
export type DeviceRole = "microphone" | "speaker" | "ringer";

/** Why another device is used than its user expects, or none. */
export type DeviceWhy =
  | "gone"
  | "busy"
  | "refused"
  | "service"
  | "stuck"
  | "broken"
  | "preferred"
  | "default"
  | "recovered";

export type Direction = "outgoing" | "incoming";

/** Why a call ended. */
export type EndCause =
  | { code: "local" }
  | { code: "remote" }
  | { code: "declined" }
  | { code: "missed" }
  | { code: "answered_elsewhere" }
  | { code: "busy"; status: number; reason: string }
  | { code: "no_answer"; status: number; reason: string }
  | { code: "not_found"; status: number; reason: string }
  | { code: "refused"; status: number; reason: string }
  | { code: "timeout" }
  | { code: "link_lost" }
  | { code: "no_media_path" }
  | { code: "security"; detail: string }
  | { code: "media_lost" }
  | { code: "incompatible"; detail: string }
  | { code: "signed_out" };

/** A call that is over. */
export type EndedCallView = {
  call: CallId;
  direction: Direction;
  number: string;
  display_name: string | null;
  cause: EndCause;
  /** `null`: it never talked. */
  talked_ms: number | null;
  at: Moment;
};

/** Something that happened. `type` names it in JSON. */
export type Event =
  | { type: "session.resuming"; user: UserView }
  | { type: "session.resume_delayed"; hop: Hop; detail: string; retry_in_ms: number }
  | { type: "session.signed_in"; user: UserView; phone: boolean }
  | { type: "session.held"; ttl_seconds: number }
  | { type: "session.at_risk"; expires_in_ms: number; hop: Hop; detail: string }
  | { type: "session.lost"; reason: SignedOutReason }
  | { type: "session.signed_out"; reason: SignedOutReason }
  | { type: "move.asked"; device_name: string | null; answer_within_ms: number }
  | { type: "move.after_call"; device_name: string | null }
  | { type: "move.moved_here"; device_name: string | null }
  | { type: "move.requested"; request: number; device_name: string | null; answer_within_ms: number }
  | {
      type: "move.answered";
      request: number;
      answer: MoveAnswer;
      /** Whether it was by itself: nobody answered in time, or the last call is over. */
      automatically: boolean;
    }
  | { type: "move.request_over"; request: number }
  | { type: "link.up" }
  | { type: "link.down"; hop: Hop; detail: string; facts?: HopFacts; retry_in_ms: number }
  | { type: "sip.registered"; expires_in_ms: number }
  | {
      type: "sip.register_failed";
      status: number | null;
      reason: string;
      retry_in_ms: number | null;
    }
  | { type: "sip.unregistered" }
  | { type: "call.dialing"; call: CallId; target: string }
  | { type: "call.incoming"; call: CallId; from: string; display_name: string | null }
  | { type: "call.ringing"; call: CallId; status: number; early_media: boolean }
  | { type: "call.silenced"; call: CallId }
  | {
      type: "call.answered";
      call: CallId;
      /** Whether it was by itself, without the user. */
      automatically: boolean;
    }
  | { type: "call.connected"; call: CallId }
  | { type: "call.held"; call: CallId }
  | { type: "call.resumed"; call: CallId }
  | { type: "call.held_by_peer"; call: CallId; held: boolean }
  | { type: "call.muted"; call: CallId; muted: boolean }
  | { type: "call.change_failed"; call: CallId; reason: string }
  | { type: "call.interrupted"; call: CallId }
  | { type: "call.recovered"; call: CallId; after_ms: number }
  | { type: "call.one_way"; call: CallId; way: OneWay }
  | { type: "call.one_way_over"; call: CallId; way: OneWay; after_ms: number }
  | { type: "call.ended"; call: CallId; cause: EndCause }
  | { type: "media.first_audio"; call: CallId }
  | { type: "media.dtmf"; call: CallId; digit: string }
  | {
      type: "media.quality";
      call: CallId;
      packets_sent: number;
      packets_received: number;
      packets_lost: number;
      packets_late: number;
      samples_played: number;
      samples_concealed: number;
      jitter_ms: number;
      playout_delay_ms: number;
      round_trip_ms: number | null;
      far_loss: number | null;
      silent_ms: number | null;
      unheard_ms: number | null;
      capture_level_dbfs: number;
      playback_level_dbfs: number;
      playback_tone_hz: number | null;
    }
  | { type: "media.failed"; call: CallId; reason: string }
  | { type: "sound.devices"; devices: Array<Device> }
  | { type: "sound.device_used"; role: DeviceRole; device: Device | null }
  | {
      type: "sound.device_changed";
      role: DeviceRole;
      device: Device | null;
      why: DeviceWhy;
      lost: string | null;
      words: string;
    }
  | { type: "sound.levels"; microphone_dbfs: number; speaker_dbfs: number }
  | { type: "sound.capture"; open: boolean }
  | { type: "sound.muted_speech" }
  | { type: "sound.silent_microphone" }
  | { type: "sound.checked"; verdict: SoundVerdict; words: string }
  | { type: "sound.check_given_up" }
  | { type: "server.checked"; check: ServerCheckView }
  | { type: "path.checked"; check: PathCheckView }
  | { type: "call.turned_away"; from: string }
  | { type: "queue.login"; login: QueueLoginView }
  | { type: "queue.state"; availability: Availability }
  | { type: "queue.next"; next: Availability | null }
  | { type: "queue.delayed"; hop: Hop; detail: string; retry_in_ms: number }
  | { type: "queue.refused"; of: Refused; message: string }
  | { type: "wrap_up.begun"; call: CallId; seconds: number | null }
  | { type: "wrap_up.ended"; call: CallId; timed_out: boolean }
  | { type: "outcome.saved"; call: CallId; outcome: string }
  | { type: "outcome.kept"; call: CallId; hop: Hop; detail: string }
  | { type: "outcome.lost"; call: CallId; outcome: string }
  | { type: "fault.vault"; detail: string };

/** The arguments of `forget`: a call of the history, or with null all of them. */
export type Forget = {
  id: number | null;
};

/** How the phone lies on the desk: the whole window, or the bar. */
export type Form = "main" | "mini";

/** A call of the history. */
export type HistoryEntry = {
  /** Names it for good; a call that began later has a greater one. */
  id: number;
  direction: Direction;
  /**
   * The number or user at the other end. Where numbers are masked it holds "•" and cannot be
   * called.
   */
  number: string;
  display_name: string | null;
  /** Unix time in ms. */
  began: number;
  /** How long was talked, in ms; `null`: it was never answered. */
  talked_ms: number | null;
  /**
   * `null`: the phone itself ended in this call, by a crash or without power. How long was talked
   * is then what was noted last.
   */
  cause: EndCause | null;
  /** How it sounded, where that was measured. */
  quality: CallQuality | null;
  /** How long it took to be answered, in ms; `null`: it never was, or that was not noted. */
  answered_after_ms: number | null;
  /** How long it sounded poor, in ms, counted in whole seconds. */
  poor_ms: number;
  /** How much of that came from the network here. */
  poor_here_ms: number;
};

/** Where on the way something went wrong; front doors choose words and exit codes by it. */
export type Hop = "configuration" | "dns" | "tcp" | "proxy" | "tls" | "http" | "web_socket" | "timeout";

/** What a proxy or a certificate said, beside the sentence about it: for words in other languages. */
export type HopFacts =
  | {
      of: "proxy";
      /** Its host and port. */
      name: string;
      /** Of its answer; `null`: it gave none. */
      status: number | null;
      /** The port that was wanted of it. */
      port: number;
    }
  | {
      of: "certificate";
      fault: CertificateFault;
      /** Who issued it, by its common name or organisation. */
      issuer: string | null;
      /** Unix time in ms from or until which it is valid, where that is the fault. */
      valid: number | null;
      /** The names that it has, where none of them is the server's. */
      names: Array<string>;
    };

/** What shows an incoming call. */
export type IncomingBehaviour = "popup" | "flash" | "front";

export type LeaseState =
  | { state: "held" }
  | { state: "at_risk"; hop: Hop; detail: string }
  | { state: "lost"; reason: SignedOutReason };

export type LeaseView = {
  state: LeaseState;
  /** Time to live after each beat, in ms. */
  ttl_ms: number;
};

/** The event `levels`, in dB against a full-scale sine. */
export type Levels = {
  microphone_dbfs: number;
  speaker_dbfs: number;
};

/** The registration of the extension. */
export type LineView =
  | { state: "off" }
  | { state: "registering" }
  | { state: "registered"; extension: string; server: string; since: Moment }
  | { state: "failed"; status: number | null; reason: string; retry_at: Moment | null };

/** The WebSocket to the phone server. */
export type LinkView =
  | { state: "off" }
  | { state: "opening" }
  | { state: "up"; since: Moment }
  | {
      state: "down";
      /** The name or address of the phone server, without its port. */
      host: string;
      hop: Hop;
      detail: string;
      facts?: HopFacts;
      retry_at: Moment;
    };

/** What became of the session lock when the user signed out. */
export type LockReturned =
  | { state: "not_held" }
  | { state: "free" }
  | { state: "unconfirmed"; for_ms: number };

/** A moment on the phone's own clock, in ms since the phone was started; a sleep of the machine counts. */
export type Moment = number;

/** What the user says to another device that asks for this phone. */
export type MoveAnswer = "now" | "after_call" | "no";

export type MoveRequestState =
  | { state: "waiting"; until: Moment }
  | {
      state: "after_call";
      /** Whether the user said so: then it moves when the work after the call is done as well. `false`: nobody answered. */
      by_user: boolean;
    }
  | { state: "granted" };

/** Another device of the same user asks for this phone. */
export type MoveRequestView = {
  /** Names it in commands; never used twice in one run. */
  request: number;
  /** `null`: it has no name. */
  device_name: string | null;
  state: MoveRequestState;
};

/** Why a session that was asked for stays where it is. */
export type NotMoved = "refused" | "unanswered" | "superseded" | "lapsed" | "withdrawn";

/** Which side of a call does not hear the other. */
export type OneWay = "in" | "out";

/** The arguments of `open_settings`: a page that `system_settings` of the window's state has. */
export type OpenSettings = {
  what: SystemSettings;
};

/** The arguments of `order`. */
export type Order = {
  order: Command;
};

/** An order on its way. */
export type OrderView = {
  availability: Availability;
  /** Why the last try failed. */
  trouble: TroubleView | null;
  retry_at: Moment | null;
};

/** What is played is heard here. */
export type Output = "speaker" | "ringer";

/** Whether voice leaves this network and comes back, by the word of a STUN server. That both sides hear each other is proven by a call alone. */
export type PathCheckView =
  | { state: "running" }
  | {
      state: "reached";
      /** The address and port of this machine. */
      local: string;
      /** How the server sees it. */
      seen_as: string;
      took_ms: number;
      at: Moment;
    }
  | { state: "silent"; servers: string[]; at: Moment }
  | { state: "no_server"; at: Moment };

/** All that a front door needs to draw the phone; complete, never a delta. */
export type PhoneView = {
  account: AccountView;
  /** Who this phone is to the telephony; `null`: this account has no phone. */
  agent: AgentView | null;
  /** `null`: this account holds no session (nobody signed in, or a user without a phone). */
  lease: LeaseView | null;
  /** Another device of this user asks for this phone. */
  move_request: MoveRequestView | null;
  link: LinkView;
  line: LineView;
  /** `null`: the sidecar has no queue. */
  queue: QueueView | null;
  proofs: Proofs;
  /** In the order of their beginning. */
  calls: Array<CallView>;
  /** The call of this session that ended last. */
  ended: EndedCallView | null;
  call_settings: CallSettings;
  sound: SoundView;
  /** The last question whether the sidecar answers; `null`: nobody asked. */
  server_check: ServerCheckView | null;
  /** The last question for the voice path outside of a call; `null`: nobody asked in this network. */
  path_check: PathCheckView | null;
  vault: VaultView;
};

/** What became of the speaker in a sound check. */
export type PlaybackView =
  | { state: "open"; device: string }
  | { state: "failed"; fault: DeviceFault };

/**
 * When the other ends were heard last, and until when what they said is good. They change all the
 * time, and nothing else of the view with them.
 */
export type Proofs = {
  /** The last heartbeat that the sidecar confirmed, and when its term ends. */
  session_confirmed_at: Moment | null;
  session_expires_at: Moment | null;
  /** The last message or pong of the phone server. */
  link_heard_at: Moment | null;
  /** The last 200 to a REGISTER, and when the binding ends. */
  line_confirmed_at: Moment | null;
  line_expires_at: Moment | null;
  /** The last answer of Ozonetel: what came of the sign-in there, of an order or of an outcome. */
  queue_confirmed_at: Moment | null;
};

/** What became of the agent's login at Ozonetel. */
export type QueueLoginView =
  | { state: "unknown" }
  | { state: "in" }
  | { state: "pending" }
  | { state: "failed"; message: string };

/** What Ozonetel would not do, in its own words. */
export type QueueRefusalView = {
  of: Refused;
  message: string;
  at: Moment;
};

/** The agent's part in the queue. */
export type QueueView = {
  login: QueueLoginView;
  /** What was ordered last in this session; `null`: nothing so far. */
  availability: Availability | null;
  /** Since when, in ms since the start; below 0 where that was before it. */
  since: number | null;
  pause_reasons: Array<string>;
  /** What a call may have come to; none: there is no wrap-up. */
  outcomes: Array<string>;
  /** What is being ordered. */
  order: OrderView | null;
  /** What follows the call or the wrap-up. */
  next: Availability | null;
  /** What Ozonetel refused last, until something is ordered again. */
  refused: QueueRefusalView | null;
  wrap_up: WrapUpView | null;
  /** Outcomes that could not be saved so far: they are kept and tried again. */
  unsaved: number;
  /**
   * Outcomes that are lost where the session ends now: these, and the one of the wrap-up, be it
   * chosen or on its way.
   */
  at_stake: number;
};

/** What was refused. */
export type Refused =
  | { order: "availability"; availability: Availability }
  | { order: "outcome"; call: CallId; outcome: string };

/** A request that came to nothing. The page acts on the code; the message is a sentence. */
export type Rejected = {
  code: string;
  message: string;
};

/** The arguments of `save_support`: what the page knows, in its user's words. */
export type SaveSupport = {
  text: string;
};

/** Where the file is that `save_support` wrote. */
export type Saved = {
  path: string;
};

/** Whether the sidecar answers. */
export type ServerCheckView =
  | { state: "running" }
  | {
      state: "reached";
      took_ms: number;
      /**
       * By how much this computer's clock is ahead of the server's, behind where it is negative;
       * 0 up to five minutes, absent where the server told no time.
       */
      clock_ahead_ms?: number;
      at: Moment;
    }
  | { state: "failed"; hop: Hop; detail: string; facts?: HopFacts; at: Moment };

/** The arguments of `set_server`. */
export type SetServer = {
  url: string;
};

/** The arguments of `set_window`. */
export type SetWindow = {
  settings: WindowSettings;
};

/**
 * The keys that work while another program has the focus, as accelerators ("F9",
 * "CommandOrControl+F10"); empty: off.
 */
export type Shortcuts = {
  answer: string;
  hang_up: string;
  mute: string;
};

/** The arguments of `show`. */
export type Show = {
  what: Form;
};

/** Why the phone is signed out. */
export type SignedOutReason =
  | { code: "by_user"; lock: LockReturned }
  | { code: "wrong_credentials"; message: string }
  | { code: "not_configured"; message: string }
  | { code: "second_factor"; message: string }
  | { code: "email_not_verified"; message: string }
  | { code: "bad_request"; message: string }
  | {
      code: "held_elsewhere";
      message: string;
      device_name: string | null;
      /** What that device runs: "Windows". */
      system: string | null;
      since: string | null;
      /** Whether a call is on there, as its last heartbeat said. */
      in_call: boolean | null;
      same_member: boolean | null;
      /** Whether whoever holds it can be asked for it. */
      askable: boolean;
    }
  | { code: "not_moved"; device_name: string | null; why: NotMoved }
  | { code: "too_many_tries"; message: string; retry_after_seconds: number | null }
  | { code: "server_trouble"; status: number; message: string }
  | { code: "unreachable"; hop: Hop; detail: string; facts?: HopFacts }
  | { code: "bad_account"; detail: string }
  | { code: "taken_over"; device_name: string | null }
  | { code: "lease_expired" }
  | { code: "token_refused" }
  | { code: "account_changed" };

export type SoundCheckView =
  | { state: "running" }
  | {
      state: "done";
      verdict: SoundVerdict;
      /** The verdict in words. */
      words: string;
      at: Moment;
      /** Where what was recorded is played back, as soon as that is known. */
      playback?: PlaybackView;
    };

/** How the sound devices of the system are used. */
export type SoundSettings = {
  /** Ids of devices, the dearest first; where none of them is there, the system's choice is used. */
  microphone: Array<string>;
  speaker: Array<string>;
  ringer: Array<string>;
  echo_cancellation: boolean;
  noise_suppression: boolean;
  gain_control: boolean;
  high_pass: boolean;
  /** Whose tones are played, one of `COUNTRIES`; empty: those of ITU-T E.180. */
  country: string;
  /** How loud it rings, 0 to 100 %. */
  ring_volume: number;
};

/** What a sound check says about the microphone. */
export type SoundVerdict =
  | "no_microphone"
  | "silent"
  | "clipped"
  | "very_quiet"
  | "noisy"
  | "built_in_microphone"
  | "narrow_bluetooth"
  | "good";

/** The sound devices of the system. */
export type SoundView = {
  /** Whether the microphone of the system is open. */
  capture_open: boolean;
  settings: SoundSettings;
  /** `null`: nobody asked for them so far. */
  devices: Array<Device> | null;
  /** What is open for each, or would be opened first; `null`: none can be used. */
  microphone: Device | null;
  speaker: Device | null;
  ringer: Device | null;
  /** Why the microphone that is needed cannot be used. */
  microphone_fault: DeviceFault | null;
  /** The sound check that runs, or the last one. */
  check: SoundCheckView | null;
  /** The output that is being tested. */
  tested: Output | null;
  /** When somebody was last heard to speak into the muted microphone. */
  muted_speech_at: Moment | null;
};

/** Everything, for a page that has just been loaded. */
export type State = {
  /** By which the view's moments are old. */
  now: Moment;
  view: PhoneView;
  window: WindowView;
  /** The newest first; the event `history` has the same. */
  history: Array<HistoryEntry>;
};

/** A page of the system's own settings. */
export type SystemSettings = "clock" | "microphone";

/** The colours of the window. */
export type Theme = "system" | "light" | "dark";

/** What stands in the way of the sidecar at present. */
export type TroubleView = {
  hop: Hop;
  detail: string;
  facts?: HopFacts;
};

export type UserView = {
  id: string;
  role: string;
  name: string;
  email: string;
};

/** Where the session is kept between two starts. */
export type VaultView =
  | { state: "keyring" }
  | { state: "memory" }
  | { state: "failed"; detail: string };

/** The event `view`: what the phone is, and when it was read. */
export type ViewUpdate = {
  /** By which the view's moments are old. */
  now: Moment;
  view: PhoneView;
};

/** Between which addresses the sound of a call goes, and as what. */
export type VoicePath = {
  /** The address and port of this machine. */
  local: string;
  /** Those of the peer, as this machine sees them. */
  remote: string;
  remote_kind: CandidateKind;
  codec: Codec;
};

/** The arguments of `watch_levels`. */
export type WatchLevels = {
  on: boolean;
};

/** How the window behaves and looks. */
export type WindowSettings = {
  /** One of `LANGUAGES`; empty: the system's. */
  language: string;
  theme: Theme;
  incoming: IncomingBehaviour;
  /** Whether the phone starts when its user signs in to the computer. */
  autostart: boolean;
  /** Whether it starts without showing its window. */
  start_minimised: boolean;
  /** Whether closing the window ends the phone; otherwise it stays in the tray. */
  quit_on_close: boolean;
  /** Whether the user was asked to choose a headset: that is done once. */
  headset_asked: boolean;
  shortcuts: Shortcuts;
};

/** The event `window`: what the window adds to the phone. */
export type WindowView = {
  version: string;
  /** `linux`, `windows` or `macos`. */
  system: string;
  settings: WindowSettings;
  /** The settings that are not the user's to change: `server`, `theme`, `calls.auto_answer`. */
  locked: Array<string>;
  /** Whether the server was named when the program was started; then it is locked, by nobody else. */
  server_given: boolean;
  /** The sidecar's address. */
  server: string | null;
  device_name: string;
  /** For how many days calls are remembered; 0: not at all. */
  history_days: number;
  /** What a link wants called: the user is asked. */
  link: string | null;
  /** What went wrong with files, in sentences for people. */
  complaints: Array<string>;
  /** Whether keys can work while another program has the focus. */
  shortcuts_available: boolean;
  /** Which of those keys another program has: `answer`, `hang_up`, `mute`. */
  shortcuts_taken: Array<string>;
  /** The account that the sign-in form is filled with. */
  demo: DemoAccount | null;
  /** The user wants to quit in a call: asked before it is done. */
  quit_asked: boolean;
  /** When the tray last had the phone checked: who sees the page reads what comes of it. */
  check_asked_at: Moment | null;
  /** Whether neither the whole window nor the bar can be seen: the pop-up reads aloud who calls. */
  in_tray: boolean;
  /** What of the system's own settings can be opened from here. */
  system_settings: Array<SystemSettings>;
};

/** The work after a call of the queue. */
export type WrapUpView = {
  call: CallId;
  number: string;
  display_name: string | null;
  /** How the call ended. */
  cause: EndCause;
  since: Moment;
  /** `null`: it takes as long as it takes. */
  ends_at: Moment | null;
  /** How much more time may be asked for, in ms; `null`: none. */
  more_ms: number | null;
  outcome: string | null;
  /** As it is typed. */
  note: string;
  /** Whether the outcome is being saved. */
  saving: boolean;
};

/** The events that a person is told of in passing. */
export type Happened = Extract<
  Event,
  {
    type:
      | "move.moved_here"
      | "call.change_failed"
      | "call.recovered"
      | "media.failed"
      | "sound.device_changed"
      | "sound.silent_microphone"
      | "call.turned_away"
      | "wrap_up.ended"
      | "outcome.lost"
      | "fault.vault"
  }
>;
