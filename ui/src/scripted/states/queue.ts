// A phone whose sidecar speaks for its agent at the queue.

import type { PhoneView, QueueView, State, WrapUpView } from "../../lib/phone";
import { MINUTE, NOW, READY, ready, SIGNING_IN } from "./ground";
import { CALLS } from "./calls";

const QUEUE: QueueView = {
  login: { state: "in" },
  availability: { state: "ready" },
  since: NOW - 12 * MINUTE,
  pause_reasons: ["Lunch", "Tea", "Meeting"],
  outcomes: ["Sale", "No sale", "Call back", "Wrong number"],
  order: null,
  next: null,
  refused: null,
  wrap_up: null,
  unsaved: 0,
  at_stake: 0,
};

const WRAP_UP: WrapUpView = {
  call: 6,
  number: "+919810012345",
  display_name: "Amit Sharma",
  cause: { code: "remote" },
  since: NOW - 24_000,
  ends_at: NOW + 36_000,
  more_ms: 30_000,
  outcome: null,
  note: "",
  saving: false,
};

const LUNCH = { state: "pause", reason: "Lunch" } as const;

const PROOFS = { ...READY.proofs, queue_confirmed_at: NOW - 12_000 };

const queue = (more: Partial<QueueView>, view: Partial<PhoneView> = {}): State =>
  ready({ proofs: PROOFS, ...view, queue: { ...QUEUE, ...more } });

const wrapUp = (more: Partial<WrapUpView>, of: Partial<QueueView> = {}): State =>
  queue({ at_stake: more.outcome == null ? 0 : 1, ...of, wrap_up: { ...WRAP_UP, ...more } });

const talking = (more: Partial<QueueView>): State => {
  const state = CALLS.talking();
  return { ...state, view: { ...state.view, proofs: PROOFS, queue: { ...QUEUE, ...more } } };
};

export const QUEUES = {
  "signing-in-queue": () =>
    queue({ login: { state: "pending" }, availability: null, since: null }, SIGNING_IN),
  "queue-ready": () => queue({}),
  "queue-unset": () => queue({ availability: null, since: null }),
  "queue-paused": () => queue({ availability: LUNCH }),
  "queue-paused-without-reason": () =>
    queue({ availability: { state: "pause", reason: null }, pause_reasons: [] }),
  "queue-many-reasons": () =>
    queue({
      pause_reasons: [
        ...QUEUE.pause_reasons,
        "Training with the whole team in the large room",
        "Coaching",
        "Quality check",
        "Personal",
        "System trouble",
        "Prayer",
      ],
    }),
  "queue-ordering": () => queue({ order: { availability: LUNCH, trouble: null, retry_at: null } }),
  "queue-silent": () =>
    queue({
      order: {
        availability: LUNCH,
        trouble: { hop: "http", detail: "Ozonetel does not answer." },
        retry_at: NOW + 8_000,
      },
    }),
  "queue-refused": () =>
    queue({
      refused: {
        of: { order: "availability", availability: LUNCH },
        message: "Agent ana.pereira is in BUSY state. You cant change to Pause state",
        at: NOW - 2_000,
      },
    }),
  "queue-pending": () => queue({ login: { state: "pending" }, availability: null, since: null }),
  "queue-failed": () =>
    queue({
      login: { state: "failed", message: "agent9 logged in with the number (523514)" },
      availability: null,
      since: null,
    }),
  "queue-unsaved": () => queue({ unsaved: 2, at_stake: 2 }),
  "queue-talking": () => talking({}),
  "queue-next": () => talking({ next: LUNCH }),
  "wrap-up": () => wrapUp({}),
  "wrap-up-chosen": () =>
    wrapUp({ outcome: "Call back", note: "Calls back on Monday after ten", more_ms: null }, { next: LUNCH }),
  "wrap-up-soon": () => wrapUp({ since: NOW - 53_000, ends_at: NOW + 7_000, outcome: "Sale" }),
  "wrap-up-unlimited": () => wrapUp({ ends_at: null, more_ms: null }, { pause_reasons: [] }),
  "wrap-up-lost": () => wrapUp({ cause: { code: "media_lost" } }),
  "wrap-up-saving": () => wrapUp({ outcome: "Sale", saving: true }),
  "wrap-up-refused": () =>
    wrapUp(
      {},
      {
        refused: {
          of: { order: "outcome", call: 6, outcome: "Sale" },
          message: "Invalid ucid [9011223344] or did [918000000000]",
          at: NOW - 2_000,
        },
      },
    ),
  "wrap-up-without-line": () =>
    queue(
      { wrap_up: WRAP_UP },
      { line: { state: "failed", status: 403, reason: "Forbidden", retry_at: null } },
    ),
} satisfies Record<string, () => State>;
