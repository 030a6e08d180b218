// Calls that ring, talk, wait, and are over.

import type { CallView, EndCause, MoveRequestState, SignedOutReason, State } from "../../lib/phone";
import { NOW, READY, ready, wall, WINDOW } from "./ground";

const TALKING: CallView = {
  call: 7,
  direction: "incoming",
  state: { state: "talking" },
  number: "+919810012345",
  display_name: "Amit Sharma",
  auto_answer: false,
  silenced: false,
  held: false,
  held_by_peer: false,
  muted: false,
  interrupted: false,
  began_at: NOW - 260_000,
  talking_since: NOW - 252_000,
  held_since: null,
  interrupted_since: null,
  one_way_in_since: null,
  one_way_out_since: null,
  repairing: false,
  quality: "good",
  path: {
    local: "192.168.1.20:50412",
    remote: "203.0.113.7:30118",
    remote_kind: "host",
    codec: "opus",
  },
  round_trip_ms: 30,
};

const ALERTING: CallView = {
  ...TALKING,
  state: { state: "alerting" },
  began_at: NOW - 6_000,
  talking_since: null,
  quality: null,
  path: null,
  round_trip_ms: null,
};

const DIALLING: CallView = {
  ...ALERTING,
  direction: "outgoing",
  state: { state: "calling" },
  number: "+442079460958",
  display_name: null,
  began_at: NOW - 3_000,
};

const BILLING: CallView = {
  ...DIALLING,
  call: 8,
  number: "700202",
  display_name: "Billing",
  state: { state: "talking" },
  talking_since: NOW - 15_000,
  quality: "good",
};

const SECOND: CallView = {
  ...ALERTING,
  call: 8,
  number: "+4930901820",
  display_name: "Käthe Brückner",
};

function calls(...calls: CallView[]): State {
  const capture_open = calls.some((call) => call.talking_since !== null && !call.held);
  return ready({ calls, sound: { ...READY.sound, capture_open } });
}

/** The calls of a phone that may have two. */
function two(...of: [CallView, CallView]): State {
  const script = calls(...of);
  return {
    ...script,
    view: { ...script.view, call_settings: { ...script.view.call_settings, max_calls: 2 } },
  };
}

function ended(
  cause: EndCause,
  talked_ms: number | null = null,
  direction: "outgoing" | "incoming" = "outgoing",
): State {
  const of = { direction, number: "+442079460958", display_name: null, cause, talked_ms };
  const script = ready({ ended: { ...of, call: 7, at: NOW - 2_000 } });
  const [before] = script.history;
  return before === undefined
    ? script
    : { ...script, history: [{ ...before, ...of, id: 7, began: wall() }, ...script.history] };
}

/** The largest text that a server can send, with what makes trouble in it. */
export const HOSTILE =
  `<img src=x onerror=alert(1)>${"W".repeat(40)} ليلى حداد <script>&amp;${"ẅ̈".repeat(30)}`.slice(0, 128);

/** LAPTOP-7 asks for the phone. */
function asked(script: State, state: MoveRequestState): State {
  const move_request = { request: 12, device_name: "LAPTOP-7", state };
  return { ...script, view: { ...script.view, move_request } };
}

export const CALLS = {
  "move-asked": () => asked(ready(), { state: "waiting", until: NOW + 20_000 }),
  "move-asked-in-call": () => asked(calls(TALKING), { state: "waiting", until: NOW + 20_000 }),
  "move-asked-ringing": () => asked(calls(ALERTING), { state: "waiting", until: NOW + 20_000 }),
  "move-after-call": () => asked(calls(TALKING), { state: "after_call", by_user: true }),
  "move-unanswered": () => asked(calls(TALKING), { state: "after_call", by_user: false }),
  "move-granted": () => asked(ready(), { state: "granted" }),
  "lease-lost-in-call": () => {
    const script = calls(TALKING);
    const reason: SignedOutReason = { code: "taken_over", device_name: "LAPTOP-7" };
    return {
      ...script,
      view: { ...script.view, lease: { state: { state: "lost", reason }, ttl_ms: 3_600_000 } },
    };
  },
  ringing: () => calls(ALERTING),
  "ringing-silenced": () => calls({ ...ALERTING, silenced: true }),
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
      path: null,
      round_trip_ms: null,
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
  "talking-relayed": () => {
    const { path } = TALKING;
    return calls({ ...TALKING, path: path && { ...path, remote_kind: "relayed", codec: "pcma" } });
  },
  "one-way-in": () => calls({ ...TALKING, quality: "poor", one_way_in_since: NOW - 6_000 }),
  "one-way-out": () => calls({ ...TALKING, quality: "poor", one_way_out_since: NOW - 9_000 }),
  "one-way-both": () =>
    calls({
      ...TALKING,
      quality: "poor_here",
      one_way_in_since: NOW - 6_000,
      one_way_out_since: NOW - 9_000,
    }),
  "one-way-repairing": () =>
    calls({ ...TALKING, quality: "poor", one_way_in_since: NOW - 12_000, repairing: true }),
  interrupted: () => calls({ ...TALKING, interrupted: true, interrupted_since: NOW - 18_000 }),
  "link-down-in-call": () => {
    const script = calls(TALKING);
    return {
      ...script,
      view: {
        ...script.view,
        link: {
          state: "down" as const,
          host: "sip.helix.example",
          hop: "tcp" as const,
          detail: "sip.helix.example port 444 cannot be reached",
          retry_at: NOW + 4_000,
        },
      },
    };
  },
  "two-calls": () => two({ ...TALKING, held: true, held_since: NOW - 20_000 }, BILLING),
  "two-calls-one-ringing": () =>
    two({ ...DIALLING, state: { state: "ringing", early_media: false }, held: true }, BILLING),
  "two-on-hold": () =>
    two(
      { ...TALKING, held: true, held_since: NOW - 5_000 },
      { ...BILLING, held: true, held_since: NOW - 9_000 },
    ),
  "two-calls-one-way": () =>
    two(
      { ...TALKING, held: true, held_since: NOW - 20_000 },
      { ...BILLING, quality: "poor_here", one_way_out_since: NOW - 9_000 },
    ),
  /** While something is told. */
  "second-call-told": () => {
    const script = two(TALKING, SECOND);
    return { ...script, view: { ...script.view, vault: { state: "memory" } } };
  },
  "two-ringing": () => two({ ...ALERTING, began_at: NOW - 9_000 }, SECOND),
  "second-call": () => two(TALKING, SECOND),
  "ended-local": () => ended({ code: "local" }, 65_000),
  "ended-remote": () => ended({ code: "remote" }, 65_000),
  "ended-busy": () => ended({ code: "busy", status: 486, reason: "Busy Here" }),
  "ended-no-answer": () => ended({ code: "no_answer", status: 480, reason: "Temporarily Unavailable" }),
  "ended-not-found": () => ended({ code: "not_found", status: 404, reason: "Not Found" }),
  "ended-refused": () => ended({ code: "refused", status: 603, reason: "Decline" }),
  "ended-missed": () => ended({ code: "missed" }, null, "incoming"),
  "ended-link-lost": () => ended({ code: "link_lost" }, 65_000),
  "ended-no-media-path": () => ended({ code: "no_media_path" }),
  "quit-asked": () => ({ ...calls(TALKING), window: { ...WINDOW, quit_asked: true } }),
} satisfies Record<string, () => State>;
