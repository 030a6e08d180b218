// How a call sounds, in a word.

import type { CallQuality } from "./phone";
import { t } from "./words.svelte";

export function qualityWords(quality: CallQuality): string {
  switch (quality) {
    case "good":
      return t("quality-good");
    case "fair":
      return t("quality-fair");
    case "poor":
      return t("quality-poor");
    case "poor_here":
      return t("quality-poor-here");
  }
}
