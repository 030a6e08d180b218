// What a sound check says about the microphone: what is heard, and what to do.

import type { SoundVerdict } from "./phone";
import { t } from "./words.svelte";

export function verdictWords(verdict: SoundVerdict): string {
  switch (verdict) {
    case "no_microphone":
      return t("verdict-no-microphone");
    case "silent":
      return t("verdict-silent");
    case "clipped":
      return t("verdict-clipped");
    case "very_quiet":
      return t("verdict-very-quiet");
    case "noisy":
      return t("verdict-noisy");
    case "built_in_microphone":
      return t("verdict-built-in");
    case "narrow_bluetooth":
      return t("verdict-bluetooth");
    case "good":
      return t("verdict-good");
  }
}

/** Whether callers understand what such a microphone sends. */
export function isGood(verdict: SoundVerdict): boolean {
  switch (verdict) {
    case "good":
    case "built_in_microphone":
    case "narrow_bluetooth":
    case "noisy":
      return true;
    case "no_microphone":
    case "silent":
    case "clipped":
    case "very_quiet":
      return false;
  }
}
