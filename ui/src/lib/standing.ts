// What the phone can do for its user at present, in one word.

import type { Drawing } from "../parts/Icon.svelte";
import { current } from "./current.svelte";
import { availabilityWords } from "./availability";
import type { CallView, Moment, PhoneView, QueueView } from "./phone";
import { isDeaf } from "./devices";
import type { Tone } from "./tone";
import { t } from "./words.svelte";

export type Standing =
  | "ready"
  | "ringing"
  | "on_a_call"
  | "on_hold"
  | "wrap_up"
  | "paused"
  | "unset"
  | "no_queue"
  | "no_microphone"
  | "no_line"
  | "connecting"
  | "reconnecting"
  | "no_phone"
  | "signed_out";

/** The tray says the same of each view (`app/standing.rs`); a call that talks comes before one that rings beside it, here alone. */
export function standing(view: PhoneView): Standing {
  const rings = view.calls.some((call) => call.state.state === "alerting");
  const foremost = foreground(view.calls);
  if (foremost !== null && foremost.state.state !== "alerting") {
    return foremost.held ? "on_hold" : "on_a_call";
  }
  if (rings) {
    return "ringing";
  }
  switch (view.account.state) {
    case "signed_out":
    case "signing_out":
      return "signed_out";
    case "restoring":
    case "resuming":
    case "signing_in":
    case "asking":
      return "connecting";
    case "not_configured":
      return "no_phone";
    case "signed_in":
      if (!view.account.phone) {
        return "no_phone";
      }
      break;
    case "fallback":
      break;
  }
  if (view.lease?.state.state === "lost") {
    return "signed_out";
  }
  if (view.queue?.wrap_up != null) {
    return "wrap_up";
  }
  if (view.link.state === "up" && view.line.state === "registered") {
    return isDeaf(view.sound) ? "no_microphone" : atQueue(view.queue);
  }
  if (view.line.state === "failed" && view.link.state === "up") {
    return "no_line";
  }
  return view.proofs.line_confirmed_at === null ? "connecting" : "reconnecting";
}

/** Whether calls of the queue come; where there is none, those that come directly do. */
function atQueue(queue: QueueView | null): "ready" | "paused" | "unset" | "no_queue" {
  if (queue === null) {
    return "ready";
  }
  if (queue.login.state === "failed") {
    return "no_queue";
  }
  switch (queue.availability?.state) {
    case undefined:
      return "unset";
    case "ready":
      return "ready";
    case "pause":
      return "paused";
  }
}

/** The call that its user talks in or makes; else the one held last; else the one that rings. */
export function foreground(calls: CallView[]): CallView | null {
  const answered = calls.filter((call) => call.state.state !== "alerting");
  const heldLast = (one: CallView, other: CallView) => (one.held_since ?? 0) - (other.held_since ?? 0);
  return answered.findLast((call) => !call.held) ?? answered.sort(heldLast).at(-1) ?? alerting(calls);
}

/** The call that waits to be answered, the oldest first. */
export function alerting(calls: CallView[]): CallView | null {
  return calls.find((call) => call.state.state === "alerting") ?? null;
}

/** Whether there is a call beside those that ring: in that one a call that rings is heard to wait. */
export const isEngaged = (calls: CallView[]): boolean =>
  calls.some((call) => call.state.state !== "alerting");

/** Whether a call is heard to wait for its answer, until it is silenced. */
export function isHeard(call: CallView): boolean {
  const { calls, sound } = current.view;
  const heard = sound.settings.ring_volume > 0 || isEngaged(calls);
  return call.state.state === "alerting" && !call.silenced && !call.auto_answer && heard;
}

/** Since when the phone stands so; null: that is not known. */
export function standingSince(view: PhoneView): Moment | null {
  switch (standing(view)) {
    case "ready": {
      const line = view.line.state === "registered" ? view.line.since : 0;
      const link = view.link.state === "up" ? view.link.since : 0;
      // At a queue it is the state that is timed, whatever the line did meanwhile.
      return view.queue?.since ?? Math.max(line, link, view.ended?.at ?? 0);
    }
    case "paused":
      return view.queue?.since ?? null;
    case "wrap_up":
      return view.queue?.wrap_up?.since ?? null;
    case "ringing":
      return alerting(view.calls)?.began_at ?? null;
    case "on_a_call": {
      const call = foreground(view.calls);
      return call?.talking_since ?? call?.began_at ?? null;
    }
    case "on_hold":
      return foreground(view.calls)?.held_since ?? null;
    default:
      return null;
  }
}

/** How long the phone stands so at most, in ms; null: as long as it takes. */
export function standingWhole(view: PhoneView): number | null {
  const wrapUp = standing(view) === "wrap_up" ? view.queue?.wrap_up : null;
  return wrapUp?.ends_at == null ? null : wrapUp.ends_at - wrapUp.since;
}

export function standingWords(standing: Standing): string {
  switch (standing) {
    case "ready":
      return t("state-ready");
    case "ringing":
      return t("state-ringing");
    case "on_a_call":
      return t("state-on-a-call");
    case "on_hold":
      return t("state-on-hold");
    case "wrap_up":
      return t("state-wrap-up");
    case "paused":
      return availabilityWords(current.view.queue?.availability ?? { state: "pause", reason: null });
    case "unset":
      return t("state-unset");
    case "no_queue":
      return t("state-no-queue");
    case "no_microphone":
      return t("state-no-microphone");
    case "no_line":
      return t("state-no-line");
    case "connecting":
      return t("state-connecting");
    case "reconnecting":
      return t("state-reconnecting");
    case "no_phone":
      return t("no-phone-title");
    case "signed_out":
      return t("state-signed-out");
  }
}

export const STANDINGS: Record<Standing, { tone: Tone; shape: Drawing }> = {
  ready: { tone: "ready", shape: "ready" },
  ringing: { tone: "ring", shape: "bell" },
  on_a_call: { tone: "call", shape: "answer" },
  on_hold: { tone: "paused", shape: "pause" },
  wrap_up: { tone: "wrap_up", shape: "pen" },
  paused: { tone: "paused", shape: "pause" },
  unset: { tone: "neutral", shape: "queue" },
  no_queue: { tone: "fault", shape: "fault" },
  no_microphone: { tone: "fault", shape: "microphoneOff" },
  no_line: { tone: "fault", shape: "fault" },
  connecting: { tone: "ring", shape: "connection" },
  reconnecting: { tone: "ring", shape: "connection" },
  no_phone: { tone: "neutral", shape: "signOut" },
  signed_out: { tone: "neutral", shape: "signOut" },
};
