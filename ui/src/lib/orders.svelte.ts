// Orders that a press or a key gives, and what the phone says where it will not.

import { say } from "./announce.svelte";
import { current } from "./current.svelte";
import type { CallView, Command, Moment, MoveAnswer, MoveRequestView, SystemSettings } from "./phone";
import * as shell from "./shell";
import { t } from "./words.svelte";

/** So long it is said why an order was not taken, in ms; what stood in the way may be gone then. */
export const SAID_MS = 10_000;

let refused = $state.raw<{ words: string; at: Moment } | null>(null);

export const refusal = {
  /** Why the last order was not taken; null: it was, or that is long ago. */
  get words(): string | null {
    return refused !== null && current.now - refused.at < SAID_MS ? refused.words : null;
  },
  /** Tells why something else was not done. */
  tell(words: string): void {
    refused = { words, at: current.moment() };
    say(words);
  },
  putAway(): void {
    refused = null;
  },
};

/** Gives an order; whether it was taken. */
export async function give(order: Command): Promise<boolean> {
  refused = null;
  try {
    await shell.order(order);
    return true;
  } catch (thrown) {
    refusal.tell(refusalWords(thrown));
    return false;
  }
}

/** Opens a page of the system's own settings. */
export async function openSettings(what: SystemSettings): Promise<void> {
  try {
    await shell.openSettings(what);
  } catch (thrown) {
    refusal.tell(refusalWords(thrown));
  }
}

/** What was thrown for an order, for people. */
export function refusalWords(thrown: unknown): string {
  const { code, message } = shell.rejection(thrown);
  switch (code) {
    case "not_registered":
      return t("refused-not-registered");
    case "lease_lost":
      return t("refused-lease-lost");
    case "too_many_calls":
      return t("refused-too-many-calls");
    case "invalid_target":
      return t("refused-target");
    case "not_allowed":
      return t("refused-not-allowed");
    case "no_outcome":
      return t("refused-no-outcome");
    case "unknown_request":
      return t("refused-request");
    // A sound check, or a test of the speaker.
    case "in_call":
      return t("check-in-call");
    case "check_runs":
      return t("refused-check-runs");
    case "too_many_requests":
      return t("refused-too-fast");
    case "unknown_call":
    case "wrong_state":
    case "already_signed_in":
    case "not_signed_in":
    case "unknown_reason":
    case "unknown_outcome":
    case "no_wrap_up":
    case "no_more_time":
    case "stopping":
      return t("refused-state");
    case "emergency":
      // The organisation's own text.
      return message;
    default:
      return t("refused-failed", { words: message });
  }
}

/** Tells another device that asks for this phone what becomes of it. */
export const answerMove = (asked: MoveRequestView, answer: MoveAnswer) =>
  give({ command: "answer_move", request: asked.request, answer });

export const answer = (call: CallView) => give({ command: "answer", call: call.call });

export const hangUp = (call: CallView) => give({ command: "hang_up", call: call.call });

/** Ends the ringing of a call, which goes on waiting for its answer. */
export async function silence(call: CallView): Promise<void> {
  if (await give({ command: "silence", call: call.call })) {
    say(t("ring-muted"));
  }
}

export const toggleMute = (call: CallView) =>
  give({ command: call.muted ? "unmute" : "mute", call: call.call });

export const toggleHold = (call: CallView) =>
  give({ command: call.held ? "resume" : "hold", call: call.call });
