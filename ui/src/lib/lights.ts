// What is proven of the phone at present.

import type { Drawing } from "../parts/Icon.svelte";
import type { PhoneView, QueueView } from "./phone";
import type { Tone } from "./tone";
import { t } from "./words.svelte";

/** Whether one part of the phone is proven to work. */
export type Proof = "proven" | "working" | "fault" | "off";

export const PROOFS: Record<Proof, { tone: Tone; shape: Drawing }> = {
  proven: { tone: "ready", shape: "check" },
  working: { tone: "ring", shape: "dots" },
  fault: { tone: "fault", shape: "fault" },
  off: { tone: "neutral", shape: "minus" },
};

export function proofWords(proof: Proof): string {
  switch (proof) {
    case "proven":
      return t("proof-proven");
    case "working":
      return t("proof-working");
    case "fault":
      return t("proof-fault");
    case "off":
      return t("proof-none");
  }
}

export type Lights = { session: Proof | null; server: Proof; line: Proof; queue: Proof | null };

/**
 * What is proven at present; `session` is null where no session is needed, and `queue` where the sidecar has none. Calls
 * never change it.
 */
export function lights(view: PhoneView): Lights {
  return {
    session: sessionProof(view),
    server: serverProof(view),
    line: lineProof(view),
    queue: queueProof(view),
  };
}

function sessionProof(view: PhoneView): Proof | null {
  if (view.lease === null) {
    return view.account.state === "fallback" ? null : "off";
  }
  switch (view.lease.state.state) {
    case "held":
      return view.proofs.session_confirmed_at === null ? "working" : "proven";
    case "at_risk":
      return "working";
    case "lost":
      return "fault";
  }
}

function serverProof(view: PhoneView): Proof {
  switch (view.link.state) {
    case "off":
      return "off";
    case "opening":
      return "working";
    case "up":
      return "proven";
    case "down":
      return "fault";
  }
}

function lineProof(view: PhoneView): Proof {
  switch (view.line.state) {
    case "off":
      return "off";
    case "registering":
      return "working";
    case "registered":
      // What was registered over a connection that is gone is not proven.
      return view.link.state === "up" ? "proven" : "working";
    case "failed":
      return "fault";
  }
}

/** Ready or paused are as good: the light tells whether Ozonetel hears us. */
function queueProof({ queue }: PhoneView): Proof | null {
  if (queue === null) {
    return null;
  }
  switch (queue.login.state) {
    case "failed":
      return "fault";
    case "pending":
      return "working";
    case "unknown":
      return queue.availability === null || trouble(queue) ? "working" : "proven";
    case "in":
      return trouble(queue) ? "working" : "proven";
  }
}

const trouble = (queue: QueueView): boolean => queue.order?.trouble != null || queue.unsaved > 0;
