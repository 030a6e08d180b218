// What the states stand on: a person, a computer, a server, and a phone that is ready.

import type {
  CertificateFault,
  Device,
  EndCause,
  HistoryEntry,
  HopFacts,
  PhoneView,
  State,
  UserView,
  WindowView,
} from "../../lib/phone";

/** The moment of the phone's clock at which each state stands: some hours after the start of the day. */
export const NOW = 8_000_000;

export const MINUTE = 60_000;

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
export const MONITOR: Device = {
  ...LAPTOP_SPEAKER,
  id: "pulseaudio:alsa_output.pci-0000_00_1f.3.monitor",
  name: "Monitor of Laptop speakers",
  kind: "monitor",
  input: true,
  output: false,
};

export const WINDOW: WindowView = {
  version: "0.1.0",
  system: "linux",
  settings: {
    language: "",
    theme: "system",
    incoming: "popup",
    autostart: false,
    start_minimised: false,
    quit_on_close: false,
    headset_asked: true,
    shortcuts: { answer: "", hang_up: "", mute: "" },
  },
  locked: [],
  server: "https://phone.helix.example",
  server_given: false,
  device_name: "DESK-14",
  history_days: 30,
  link: null,
  complaints: [],
  shortcuts_available: true,
  shortcuts_taken: [],
  demo: null,
  quit_asked: false,
  check_asked_at: null,
  in_tray: false,
  system_settings: ["clock", "microphone"],
};

export const SIGNED_OUT: PhoneView = {
  account: { state: "signed_out", reason: null, since: NOW - 2 * MINUTE },
  agent: null,
  lease: null,
  move_request: null,
  link: { state: "off" },
  line: { state: "off" },
  queue: null,
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
    microphone_fault: null,
    check: null,
    tested: null,
    muted_speech_at: null,
  },
  server_check: null,
  path_check: null,
  vault: { state: "keyring" },
  proofs: {
    session_confirmed_at: null,
    session_expires_at: null,
    link_heard_at: null,
    line_confirmed_at: null,
    line_expires_at: null,
    queue_confirmed_at: null,
  },
  ended: null,
};

export const READY: PhoneView = {
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
    queue_confirmed_at: null,
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

/** The wall clock, in ms since 1970: three in the afternoon, so that an hour ago is today and a day ago is not, at midnight too. */
export const wall = (): number => new Date().setHours(15, 0, 0, 0);

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
    began: wall() - minutesAgo * MINUTE,
    talked_ms,
    cause,
    quality: talked_ms === null ? null : "good",
    answered_after_ms: talked_ms === null ? null : 3_000,
    poor_ms: 0,
    poor_here_ms: 0,
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

/** What whoever signs in sees of the phone until its line is there. */
export const SIGNING_IN: Partial<PhoneView> = {
  account: { state: "signed_in", user: ANA, phone: true, since: NOW - 400 },
  link: { state: "opening" },
  line: { state: "registering" },
  proofs: SIGNED_OUT.proofs,
  ended: null,
};

/** A certificate with which nothing else is wrong. */
export function certificate(
  fault: CertificateFault,
  more: Partial<Extract<HopFacts, { of: "certificate" }>> = {},
): HopFacts {
  return { of: "certificate", fault, issuer: null, valid: null, names: [], ...more };
}

/** One that expired in spring. */
export const EXPIRED = certificate("expired", { valid: Date.UTC(2026, 4, 3, 12) });

export function state(view: PhoneView, window: Partial<WindowView> = {}, history = HISTORY()): State {
  return { now: NOW, view, window: { ...WINDOW, ...window }, history };
}

export function ready(more: Partial<PhoneView> = {}, window: Partial<WindowView> = {}): State {
  return state({ ...READY, ...more }, window);
}
