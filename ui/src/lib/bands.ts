// What is true of a call beside that it is talked in: held, muted, broken, back again.

import type { Drawing } from "../parts/Icon.svelte";
import { current } from "./current.svelte";
import { clock, secondsLeft } from "./format";
import type { CallView } from "./phone";
import type { Tone } from "./tone";
import { t } from "./words.svelte";

export type BandText = {
  /** The same while the same thing is told. */
  key:
    | "one way in"
    | "one way out"
    | "no way"
    | "repair"
    | "broken"
    | "back"
    | "itself"
    | "held"
    | "held long"
    | "held by peer"
    | "muted"
    | "muted speech";
  tone: Tone;
  icon: Drawing;
  words: string;
  /** What is known of it. */
  line?: string;
  /** Whether a repair is offered. */
  repairable?: boolean;
};

/** So long the phone tries to find a way for the sound again. */
const GRACE_MS = 30_000;
/** That the sound is back is news for so long. */
const BACK_MS = 6_000;
/** That nobody pressed Answer is told for so long. */
const BY_ITSELF_MS = 10_000;
/** After this a caller who waits should be told something. */
const LONG_HOLD_MS = 60_000;
/** Somebody who spoke into the muted microphone is told for so long. */
const SPEECH_MS = 5_000;

export function bands(call: CallView): BandText[] {
  return [sound(call), ways(call), byItself(call), hold(call), mute(call)].filter((it) => it !== null);
}

const since = (at: number | null, ms: number): boolean => at !== null && current.now - at < ms;

function sound(call: CallView): BandText | null {
  if (call.interrupted && call.interrupted_since !== null) {
    const seconds = secondsLeft(GRACE_MS - (current.now - call.interrupted_since));
    return {
      key: "broken",
      tone: "ring",
      icon: "noConnection",
      words: t("call-interrupted", { seconds }),
    };
  }
  for (const { happened, at } of current.told) {
    if (happened.type === "call.recovered" && happened.call === call.call) {
      const seconds = Math.max(1, Math.round(happened.after_ms / 1000));
      return since(at, BACK_MS)
        ? { key: "back", tone: "ready", icon: "check", words: t("call-recovered", { seconds }) }
        : null;
    }
  }
  return null;
}

/** Which side does not hear the other, although the way of the sound lives. */
function ways(call: CallView): BandText | null {
  const { one_way_in_since: into, one_way_out_since: out } = call;
  if (call.interrupted) {
    return null;
  }
  if (call.repairing) {
    return { key: "repair", tone: "ring", icon: "connection", words: t("one-way-repairing") };
  }
  const band = { tone: "fault", icon: "fault", repairable: true } as const;
  if (into !== null) {
    const words = t("one-way-in");
    return out === null
      ? { ...band, key: "one way in", words, line: t("one-way-in-line") }
      : { ...band, key: "no way", words, line: t("one-way-out") };
  }
  return out === null
    ? null
    : { ...band, key: "one way out", words: t("one-way-out"), line: t("one-way-out-line") };
}

function byItself(call: CallView): BandText | null {
  return call.auto_answer && since(call.talking_since, BY_ITSELF_MS)
    ? { key: "itself", tone: "ready", icon: "microphone", words: t("answered-itself") }
    : null;
}

function hold(call: CallView): BandText | null {
  const band = { tone: "paused", icon: "pause" } as const;
  if (!call.held) {
    return call.held_by_peer ? { ...band, key: "held by peer", words: t("call-held-by-peer") } : null;
  }
  const held = current.now - (call.held_since ?? call.began_at);
  const time = clock(held);
  return held < LONG_HOLD_MS
    ? { ...band, key: "held", words: t("call-held", { time }) }
    : { ...band, key: "held long", words: t("call-still-held", { time }) };
}

function mute(call: CallView): BandText | null {
  if (!call.muted || call.held) {
    return null;
  }
  const band = { tone: "fault", icon: "microphoneOff" } as const;
  return since(current.view.sound.muted_speech_at, SPEECH_MS)
    ? { ...band, key: "muted speech", words: t("call-muted-speech") }
    : { ...band, key: "muted", words: t("call-muted") };
}
