// Every state that the page can be in, by name: for development, tests and pictures.

import type {
  AccountView,
  CallView,
  Device,
  EndCause,
  HistoryEntry,
  PhoneView,
  SignedOutReason,
  State,
  UserView,
  WindowView,
} from "../lib/phone";

/** The moment of the phone's clock at which each state stands: some hours after the start of the day. */
export const NOW = 8_000_000;

const MINUTE = 60_000;

export const ANA: UserView = { id: "u-1", role: "cc-agent", name: "Ana Pereira", email: "ana@helix.example" };

export const JABRA: Device = {
  id: "pulseaudio:alsa_input.usb-Jabra_Evolve2",
  name: "Jabra Evolve2 65",
  kind: "headset",
  input: true,
  output: true,
  default_input: true,
  default_output: true,
};

export const LAPTOP_MICROPHONE: Device = {
  id: "pulseaudio:alsa_input.pci-0000_00_1f.3",
  name: "Built-in Audio",
  kind: "built_in",
  input: true,
  output: false,
  default_input: false,
  default_output: false,
};

export const LAPTOP_SPEAKER: Device = {
  id: "pulseaudio:alsa_output.pci-0000_00_1f.3",
  name: "Laptop speakers",
  kind: "built_in",
  input: false,
  output: true,
  default_input: false,
  default_output: false,
};

/** What the speakers of the laptop play, as the system lists it. */
const MONITOR: Device = {
  ...LAPTOP_SPEAKER,
  id: "pulseaudio:alsa_output.pci-0000_00_1f.3.monitor",
  name: "Monitor of Laptop speakers",
  kind: "monitor",
  input: true,
  output: false,
};

const WINDOW: WindowView = {
  version: "0.1.0",
  system: "linux",
  settings: {
    language: "",
    theme: "system",
    incoming: "popup",
    autostart: false,
    start_minimised: false,
    quit_on_close: false,
    shortcuts: { answer: "", hang_up: "", mute: "" },
  },
  locked: [],
  server: "https://phone.helix.example",
  device_name: "DESK-14",
  link: null,
  complaints: [],
  shortcuts_available: true,
  demo: null,
  quit_asked: false,
};

const SIGNED_OUT: PhoneView = {
  account: { state: "signed_out", reason: null, since: NOW - 2 * MINUTE },
  agent: null,
  lease: null,
  link: { state: "off" },
  line: { state: "off" },
  calls: [],
  call_settings: { auto_answer: "off", auto_answer_tone: true, max_calls: 1 },
  sound: {
    capture_open: false,
    settings: {
      microphone: [],
      speaker: [],
      ringer: [],
      echo_cancellation: true,
      noise_suppression: true,
      gain_control: true,
      high_pass: true,
      country: "IN",
      ring_volume: 80,
    },
    devices: [JABRA, LAPTOP_MICROPHONE, LAPTOP_SPEAKER],
    microphone: JABRA,
    speaker: JABRA,
    ringer: LAPTOP_SPEAKER,
    check: null,
    muted_speech_at: null,
  },
  vault: { state: "keyring" },
  proofs: {
    session_confirmed_at: null,
    session_expires_at: null,
    link_heard_at: null,
    line_confirmed_at: null,
    line_expires_at: null,
  },
  ended: null,
};

const READY: PhoneView = {
  ...SIGNED_OUT,
  account: { state: "signed_in", user: ANA, phone: true, since: NOW - 94 * MINUTE },
  agent: { extension: "523514", agent_id: "ana.pereira", campaign: "Inbound" },
  lease: { state: { state: "held" }, ttl_ms: 3_600_000 },
  link: { state: "up", since: NOW - 94 * MINUTE },
  line: { state: "registered", extension: "523514", server: "sip.helix.example", since: NOW - 94 * MINUTE },
  proofs: {
    session_confirmed_at: NOW - 12_000,
    session_expires_at: NOW + 58 * MINUTE,
    link_heard_at: NOW - 4_000,
    line_confirmed_at: NOW - 48_000,
    line_expires_at: NOW + 252_000,
  },
  ended: {
    call: 6,
    direction: "incoming",
    number: "+919810012345",
    display_name: "Amit Sharma",
    cause: { code: "remote" },
    talked_ms: 372_000,
    at: NOW - 760_000,
  },
};

const TALKING: CallView = {
  call: 7,
  direction: "incoming",
  state: { state: "talking" },
  number: "+919810012345",
  display_name: "Amit Sharma",
  auto_answer: false,
  held: false,
  held_by_peer: false,
  muted: false,
  interrupted: false,
  began_at: NOW - 260_000,
  talking_since: NOW - 252_000,
  held_since: null,
  interrupted_since: null,
  quality: "good",
};

const ALERTING: CallView = {
  ...TALKING,
  state: { state: "alerting" },
  began_at: NOW - 6_000,
  talking_since: null,
  quality: null,
};

const DIALLING: CallView = {
  ...ALERTING,
  direction: "outgoing",
  state: { state: "calling" },
  number: "+442079460958",
  display_name: null,
  began_at: NOW - 3_000,
};

function entry(
  id: number,
  minutesAgo: number,
  direction: "outgoing" | "incoming",
  number: string,
  display_name: string | null,
  talked_ms: number | null,
  cause: EndCause,
): HistoryEntry {
  return {
    id,
    direction,
    number,
    display_name,
    began: Date.now() - minutesAgo * MINUTE,
    talked_ms,
    cause,
    quality: talked_ms === null ? null : "good",
  };
}

const HISTORY = (): HistoryEntry[] => [
  entry(6, 19, "incoming", "+919810012345", "Amit Sharma", 372_000, { code: "remote" }),
  entry(5, 44, "outgoing", "+442079460958", null, 65_000, { code: "local" }),
  entry(4, 71, "incoming", "+4930901820", "Käthe Brückner-Oppenheimer, Stadtwerke Brandenburg", null, {
    code: "missed",
  }),
  entry(3, 190, "outgoing", "700202", "Billing", null, { code: "busy", status: 486, reason: "Busy Here" }),
  entry(2, 1500, "incoming", "+34910123456", "Lucía", 1_943_000, { code: "remote" }),
  entry(1, 9000, "incoming", "+971501234567", "ليلى حداد", 84_000, { code: "remote" }),
];

function state(view: PhoneView, window: Partial<WindowView> = {}, history = HISTORY()): State {
  return { now: NOW, view, window: { ...WINDOW, ...window }, history };
}

function signedOut(reason: SignedOutReason): State {
  return state({ ...SIGNED_OUT, account: { state: "signed_out", reason, since: NOW - 4_000 } });
}

function account(account: AccountView, more: Partial<PhoneView> = {}): State {
  return state({ ...SIGNED_OUT, account, ...more });
}

function ready(more: Partial<PhoneView> = {}, window: Partial<WindowView> = {}): State {
  return state({ ...READY, ...more }, window);
}

function calls(...calls: CallView[]): State {
  return ready({ calls, sound: { ...READY.sound, capture_open: true } });
}

function ended(
  cause: EndCause,
  talked_ms: number | null = null,
  direction: "outgoing" | "incoming" = "outgoing",
): State {
  return ready({
    ended: {
      call: 7,
      direction,
      number: "+442079460958",
      display_name: null,
      cause,
      talked_ms,
      at: NOW - 2_000,
    },
  });
}

const HELD: SignedOutReason = {
  code: "held_elsewhere",
  message: "You are already logged in on another device. Please log out there first.",
  device_name: "LAPTOP-7",
  since: new Date(Date.now() - 132 * MINUTE).toISOString(),
  same_member: true,
};

/** The largest text that a server can send, with what makes trouble in it. */
export const HOSTILE =
  `<img src=x onerror=alert(1)>${"W".repeat(40)} ليلى حداد <script>&amp;${"ẅ̈".repeat(30)}`.slice(0, 128);

export const STATES = {
  "signed-out": () => account({ state: "signed_out", reason: null, since: 0 }),
  "signed-out-by-user": () => signedOut({ code: "by_user" }),
  demo: () => state(SIGNED_OUT, { demo: { email: "ana@helix.example", password: "correct horse" } }, []),
  "server-locked": () => state(SIGNED_OUT, { locked: ["server"] }),
  "no-server": () =>
    state(
      {
        ...SIGNED_OUT,
        account: { state: "not_configured", message: "No server is configured to sign in at" },
      },
      { server: null },
      [],
    ),
  "signing-in": () => account({ state: "signing_in", email: ANA.email }),
  "signing-in-line": () =>
    ready({
      account: { state: "signed_in", user: ANA, phone: true, since: NOW - 400 },
      link: { state: "opening" },
      line: { state: "registering" },
      proofs: SIGNED_OUT.proofs,
      ended: null,
    }),
  "wrong-password": () => signedOut({ code: "wrong_credentials", message: "Invalid credentials" }),
  "bad-request": () => signedOut({ code: "bad_request", message: "email must be an email" }),
  "too-many-tries": () =>
    signedOut({ code: "too_many_tries", message: "Too many attempts", retry_after_seconds: 40 }),
  "server-trouble": () =>
    signedOut({ code: "server_trouble", status: 503, message: "Upstream is not available" }),
  "unreachable-dns": () =>
    signedOut({ code: "unreachable", hop: "dns", detail: "The name phone.helix.example has no address" }),
  "unreachable-tcp": () =>
    signedOut({
      code: "unreachable",
      hop: "tcp",
      detail: "The sidecar at phone.helix.example port 443 cannot be reached",
    }),
  "unreachable-proxy": () =>
    signedOut({
      code: "unreachable",
      hop: "proxy",
      detail: "The proxy proxy.corp.example answered 407 Proxy Authentication Required",
    }),
  "unreachable-tls": () =>
    signedOut({
      code: "unreachable",
      hop: "tls",
      detail:
        "The certificate of phone.helix.example was issued by an authority that is not trusted: Corp Root CA",
    }),
  "unreachable-timeout": () =>
    signedOut({ code: "unreachable", hop: "timeout", detail: "The sidecar did not answer" }),
  "bad-account": () => signedOut({ code: "bad_account", detail: "sipWsServer does not begin with wss" }),
  "held-elsewhere": () => signedOut(HELD),
  "held-by-another": () => signedOut({ ...HELD, same_member: false }),
  "held-unknown": () => signedOut({ ...HELD, device_name: null, since: null, same_member: null }),
  "no-phone": () =>
    signedOut({ code: "not_configured", message: "Agent account not configured. Contact administrator." }),
  manager: () =>
    account({
      state: "signed_in",
      user: { ...ANA, role: "cc-manager", name: "Meera Nair" },
      phone: false,
      since: NOW - MINUTE,
    }),
  "taken-over": () => signedOut({ code: "taken_over", device_name: "LAPTOP-7" }),
  "lease-expired": () => signedOut({ code: "lease_expired" }),
  "token-refused": () => signedOut({ code: "token_refused" }),
  restoring: () => account({ state: "restoring" }),
  resuming: () => account({ state: "resuming", user: ANA, trouble: null }),
  "resuming-trouble": () =>
    account({
      state: "resuming",
      user: ANA,
      trouble: { hop: "tcp", detail: "The sidecar at phone.helix.example port 443 cannot be reached" },
    }),
  "signing-out": () => account({ state: "signing_out" }),
  ready: () => ready(),
  "ready-first-day": () => state({ ...READY, ended: null }, {}, []),
  fallback: () =>
    ready({
      account: { state: "fallback", sip_uri: "sip:700201@sip.helix.example" },
      agent: null,
      lease: null,
    }),
  "link-down": () =>
    ready({
      link: {
        state: "down",
        hop: "tcp",
        detail: "sip.helix.example port 444 cannot be reached",
        retry_at: NOW + 8_000,
      },
      line: { state: "registering" },
    }),
  "link-refused": () =>
    ready({
      link: {
        state: "down",
        hop: "web_socket",
        detail: "sip.helix.example answered 403 Forbidden",
        retry_at: NOW + 30_000,
      },
      line: { state: "registering" },
    }),
  "line-refused": () =>
    ready({ line: { state: "failed", status: 403, reason: "Forbidden", retry_at: null } }),
  "line-unknown": () =>
    ready({ line: { state: "failed", status: 404, reason: "Not Found", retry_at: null } }),
  "line-silent": () =>
    ready({ line: { state: "failed", status: 408, reason: "Request Timeout", retry_at: NOW + 8_000 } }),
  "line-full": () =>
    ready({ line: { state: "failed", status: 603, reason: "Too Many Contacts", retry_at: NOW + 60_000 } }),
  "lease-at-risk": () =>
    ready({
      lease: {
        state: {
          state: "at_risk",
          hop: "tcp",
          detail: "The sidecar at phone.helix.example port 443 cannot be reached",
        },
        ttl_ms: 3_600_000,
      },
    }),
  "lease-lost-in-call": () => {
    const script = calls(TALKING);
    const reason: SignedOutReason = { code: "taken_over", device_name: "LAPTOP-7" };
    return {
      ...script,
      view: { ...script.view, lease: { state: { state: "lost", reason }, ttl_ms: 3_600_000 } },
    };
  },
  "no-microphone": () =>
    ready({
      sound: {
        ...READY.sound,
        devices: [LAPTOP_SPEAKER, MONITOR],
        microphone: null,
        speaker: LAPTOP_SPEAKER,
      },
    }),
  "vault-memory": () => ready({ vault: { state: "memory" } }),
  "vault-failed": () =>
    ready({
      vault: { state: "failed", detail: "The keyring does not answer: this session is kept in memory only" },
    }),
  complaint: () =>
    ready(
      {},
      {
        complaints: [
          "The settings file was broken and was set aside as settings.toml.broken-1. The usual settings are used.",
        ],
      },
    ),
  ringing: () => calls(ALERTING),
  "ringing-auto": () => calls({ ...ALERTING, auto_answer: true }),
  "ringing-unknown": () => calls({ ...ALERTING, display_name: null }),
  "ringing-withheld": () => calls({ ...ALERTING, display_name: null, number: "" }),
  "ringing-hostile": () => calls({ ...ALERTING, display_name: HOSTILE, number: "9".repeat(60) }),
  calling: () => calls(DIALLING),
  "ringing-out": () => calls({ ...DIALLING, state: { state: "ringing", early_media: false } }),
  connecting: () =>
    calls({
      ...TALKING,
      state: { state: "connecting" },
      began_at: NOW - 3_000,
      talking_since: null,
      quality: null,
    }),
  talking: () => calls(TALKING),
  "answered-itself": () => calls({ ...TALKING, auto_answer: true, talking_since: NOW - 2_000 }),
  "talking-fair": () => calls({ ...TALKING, quality: "fair" }),
  "talking-poor": () => calls({ ...TALKING, quality: "poor_here" }),
  "talking-hostile": () => calls({ ...TALKING, display_name: HOSTILE, number: "9".repeat(60) }),
  "talking-arabic": () => calls({ ...TALKING, display_name: "ليلى حداد", number: "+971501234567" }),
  muted: () => calls({ ...TALKING, muted: true }),
  "muted-speech": () => {
    const script = calls({ ...TALKING, muted: true });
    return {
      ...script,
      view: { ...script.view, sound: { ...script.view.sound, muted_speech_at: NOW - 500 } },
    };
  },
  "on-hold": () => calls({ ...TALKING, held: true, held_since: NOW - 31_000 }),
  "on-hold-long": () => calls({ ...TALKING, held: true, held_since: NOW - 84_000 }),
  "held-by-peer": () => calls({ ...TALKING, held_by_peer: true }),
  interrupted: () => calls({ ...TALKING, interrupted: true, interrupted_since: NOW - 18_000 }),
  "link-down-in-call": () => {
    const script = calls(TALKING);
    return {
      ...script,
      view: {
        ...script.view,
        link: {
          state: "down" as const,
          hop: "tcp" as const,
          detail: "sip.helix.example port 444 cannot be reached",
          retry_at: NOW + 4_000,
        },
      },
    };
  },
  "two-calls": () => {
    const script = calls(
      { ...TALKING, held: true, held_since: NOW - 20_000 },
      {
        ...DIALLING,
        call: 8,
        number: "700202",
        display_name: "Billing",
        state: { state: "talking" },
        talking_since: NOW - 15_000,
        quality: "good",
      },
    );
    return {
      ...script,
      view: { ...script.view, call_settings: { ...script.view.call_settings, max_calls: 2 } },
    };
  },
  "second-call": () => {
    const script = calls(TALKING, {
      ...ALERTING,
      call: 8,
      number: "+4930901820",
      display_name: "Käthe Brückner",
    });
    return {
      ...script,
      view: { ...script.view, call_settings: { ...script.view.call_settings, max_calls: 2 } },
    };
  },
  "ended-local": () => ended({ code: "local" }, 65_000),
  "ended-remote": () => ended({ code: "remote" }, 65_000),
  "ended-busy": () => ended({ code: "busy", status: 486, reason: "Busy Here" }),
  "ended-no-answer": () => ended({ code: "no_answer", status: 480, reason: "Temporarily Unavailable" }),
  "ended-not-found": () => ended({ code: "not_found", status: 404, reason: "Not Found" }),
  "ended-refused": () => ended({ code: "refused", status: 603, reason: "Decline" }),
  "ended-missed": () => ended({ code: "missed" }, null, "incoming"),
  "ended-link-lost": () => ended({ code: "link_lost" }, 65_000),
  "ended-no-media-path": () => ended({ code: "no_media_path" }),
  "link-asked": () => ready({}, { link: "+442079460958" }),
  "quit-asked": () => ({ ...calls(TALKING), window: { ...WINDOW, quit_asked: true } }),
} satisfies Record<string, () => State>;

export type Name = keyof typeof STATES;

export const isName = (name: string): name is Name => Object.hasOwn(STATES, name);
