// What the shell and the page tell each other. Spelled as serde writes it.

/** Milliseconds on the phone's own clock since the phone started; sleep of the machine counts. */
export type Moment = number;
export type CallId = number;

// ---------------------------------------------------------------- what is: complete, never a delta
export type PhoneView = {
  account: AccountView;
  /** Who the phone server knows this agent as; null: no phone. */
  agent: AgentView | null;
  lease: LeaseView | null;
  link: LinkView;
  line: LineView;
  calls: CallView[]; // in the order of their beginning
  call_settings: CallSettings;
  sound: SoundView;
  vault: VaultView;
  proofs: Proofs;
  /** The call that ended last in this session; null after the next sign-in. */
  ended: EndedCallView | null;
};
/** When each part last proved that it works, and until when that holds; these change all the time. */
export type Proofs = {
  session_confirmed_at: Moment | null;
  session_expires_at: Moment | null;
  link_heard_at: Moment | null;
  line_confirmed_at: Moment | null;
  line_expires_at: Moment | null;
};
export type EndedCallView = {
  call: CallId;
  direction: Direction;
  number: string;
  display_name: string | null;
  cause: EndCause;
  talked_ms: number | null;
  at: Moment;
};
export type Direction = "outgoing" | "incoming";
export type AgentView = { extension: string; agent_id: string; campaign: string | null };
export type AccountView =
  | { state: "signed_out"; reason: SignedOutReason | null; since: Moment }
  | { state: "restoring" } // looking for the session of an earlier run
  | { state: "resuming"; user: UserView; trouble: TroubleView | null }
  | { state: "signing_in"; email: string }
  | { state: "signed_in"; user: UserView; phone: boolean; since: Moment } // phone=false: manager, has no phone
  | { state: "fallback"; sip_uri: string } // account of SIP_URI, no sidecar
  | { state: "not_configured"; message: string }
  | { state: "signing_out" };
export type UserView = { id: string; role: string; name: string; email: string };
export type TroubleView = { hop: Hop; detail: string };
export type Hop = "configuration" | "dns" | "tcp" | "proxy" | "tls" | "http" | "web_socket" | "timeout";
export type LeaseView = { state: LeaseState; ttl_ms: number };
// In Rust LeaseState is flattened by its own tag: { state: { state: "held", confirmed_at, expires_at }, ttl_ms }
export type LeaseState =
  | { state: "held" }
  | { state: "at_risk"; hop: Hop; detail: string }
  | { state: "lost"; reason: SignedOutReason };
export type LinkView =
  | { state: "off" }
  | { state: "opening" }
  | { state: "up"; since: Moment }
  | { state: "down"; hop: Hop; detail: string; retry_at: Moment };
export type LineView =
  | { state: "off" }
  | { state: "registering" }
  | { state: "registered"; extension: string; server: string; since: Moment }
  | { state: "failed"; status: number | null; reason: string; retry_at: Moment | null };
export type CallView = {
  call: CallId;
  direction: Direction;
  state: CallState;
  number: string;
  display_name: string | null;
  auto_answer: boolean;
  held: boolean;
  held_by_peer: boolean;
  muted: boolean;
  interrupted: boolean;
  began_at: Moment;
  talking_since: Moment | null;
  held_since: Moment | null;
  interrupted_since: Moment | null;
  quality: CallQuality | null; // null: not known yet
};
export type CallQuality = "good" | "fair" | "poor" | "poor_here";
export type CallState =
  | { state: "calling" }
  | { state: "ringing"; early_media: boolean }
  | { state: "alerting" }
  | { state: "answering" }
  | { state: "connecting" }
  | { state: "talking" }
  | { state: "ending" };
export type EndCause =
  | {
      code:
        | "local"
        | "remote"
        | "declined"
        | "missed"
        | "answered_elsewhere"
        | "timeout"
        | "link_lost"
        | "no_media_path"
        | "media_lost"
        | "signed_out";
    }
  | { code: "busy" | "no_answer" | "not_found" | "refused"; status: number; reason: string }
  | { code: "security" | "incompatible"; detail: string };
export type SignedOutReason =
  | { code: "by_user" }
  | { code: "lease_expired" }
  | { code: "token_refused" }
  | { code: "wrong_credentials" | "not_configured" | "bad_request"; message: string } // 401, 403, 400
  | {
      code: "held_elsewhere";
      message: string;
      device_name: string | null;
      since: string | null;
      same_member: boolean | null;
    } // 409
  | { code: "too_many_tries"; message: string; retry_after_seconds: number | null } // 429
  | { code: "server_trouble"; status: number; message: string } // 5xx
  | { code: "unreachable"; hop: Hop; detail: string }
  | { code: "bad_account"; detail: string }
  | { code: "taken_over"; device_name: string | null };
export type CallSettings = {
  auto_answer: "off" | "header" | "always";
  auto_answer_tone: boolean;
  max_calls: number;
};
export type SoundView = {
  capture_open: boolean;
  settings: SoundSettings;
  /** null: not asked for yet (order `devices`). */
  devices: Device[] | null;
  /** In use at present or last; null: none. */
  microphone: Device | null;
  speaker: Device | null;
  ringer: Device | null;
  check: SoundCheckView | null;
  /** Somebody speaks into the muted microphone, or did: when last. */
  muted_speech_at: Moment | null;
};
export type SoundCheckView =
  { state: "running" } | { state: "done"; verdict: SoundVerdict; words: string; at: Moment };
export type SoundVerdict =
  | "no_microphone"
  | "silent"
  | "clipped"
  | "very_quiet"
  | "noisy"
  | "built_in_microphone"
  | "narrow_bluetooth"
  | "good";
export type Device = {
  id: string;
  name: string;
  kind: "headset" | "built_in" | "bluetooth" | "monitor" | "other";
  input: boolean;
  output: boolean;
  default_input: boolean;
  default_output: boolean;
};
export type DeviceRole = "microphone" | "speaker" | "ringer";
export type SoundSettings = {
  microphone: string[];
  speaker: string[];
  ringer: string[]; // ids of favourites, dearest first; empty: the system's default
  echo_cancellation: boolean;
  noise_suppression: boolean;
  gain_control: boolean;
  high_pass: boolean;
  country: string; // "" or AE AU CA DE FR GB IN PH SG UK US
  ring_volume: number; // 0..100
};
export type VaultView = { state: "keyring" } | { state: "memory" } | { state: "failed"; detail: string };

// ---------------------------------------------------------------- what the window adds
export type WindowView = {
  version: string;
  system: string; // "0.1.0", "linux"
  settings: WindowSettings;
  /** Settings that the organisation has set: their names, e.g. "server", "theme", "calls.auto_answer", "sound.ring_volume". */
  locked: string[];
  server: string | null; // the sidecar's address; locked by "server"
  device_name: string;
  /** A number that a link (tel:, sip:, callto:) wants called; the user is asked. */
  link: string | null;
  /** What went wrong with settings or history files, in sentences for people. */
  complaints: string[];
  /** Global shortcuts work here (not on Wayland). */
  shortcuts_available: boolean;
  /** The account of `cargo demo`, filled into the sign-in form. */
  demo: { email: string; password: string } | null;
  /** The user asked to quit in a call: asked before it is done. */
  quit_asked: boolean;
};
export type WindowSettings = {
  language: string; // "" (the system's), "en" "de" "hi" "es" "ar"
  theme: "system" | "light" | "dark";
  incoming: "popup" | "flash" | "front";
  autostart: boolean;
  start_minimised: boolean;
  quit_on_close: boolean;
  shortcuts: Shortcuts;
};
/** Accelerators ("F9"); "": off. */
export type Shortcuts = { answer: string; hang_up: string; mute: string };
export type HistoryEntry = {
  id: number;
  direction: Direction;
  number: string;
  display_name: string | null;
  began: number; // Unix time in ms
  talked_ms: number | null; // null: never answered
  cause: EndCause | null; // null: the phone itself ended in that call
  quality: CallQuality | null;
};

// ---------------------------------------------------------------- page -> shell (invoke) and shell -> page (events)
/** invoke("state") at load: everything. */
export type State = { now: Moment; view: PhoneView; window: WindowView; history: HistoryEntry[] };
/** event "view" */ export type ViewUpdate = { now: Moment; view: PhoneView };
/** event "window": WindowView. event "history": HistoryEntry[] (newest first, at most 500). event "levels": Levels, only while `watch_levels` is on. */
export type Levels = { microphone_dbfs: number; speaker_dbfs: number };
/** event "happened": what a person is told of in passing. */
export type Happened =
  | { type: "sound.device_changed"; role: DeviceRole; device: Device | null; words: string }
  | { type: "call.change_failed"; call: CallId; reason: string }
  | { type: "call.recovered"; call: CallId; after_ms: number }
  | { type: "call.turned_away"; from: string }
  | { type: "media.failed"; call: CallId; reason: string }
  | { type: "fault.vault"; detail: string };

/** invoke("order", { order }) -> Accepted, or throws a Rejected { code, ..., message } */
export type Order =
  | { command: "sign_in"; email: string; password: string; takeover: boolean }
  | { command: "sign_out" }
  | { command: "reconnect" }
  | { command: "devices" }
  | { command: "sound_check" }
  | { command: "dial"; target: string }
  | { command: "answer" | "hang_up" | "hold" | "resume" | "mute" | "unmute"; call: CallId }
  | { command: "dtmf"; call: CallId; digits: string }
  | { command: "set_sound"; settings: SoundSettings }
  | { command: "set_calls"; settings: CallSettings };
export type Accepted = { call?: CallId };
export type Rejected = { code: string; message: string };
