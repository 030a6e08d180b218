// How far a call is that is being set up.

import type { CallView } from "./phone";
import { t } from "./words.svelte";

/** Says it; null: it is set up. */
export function stageWords({ state }: CallView): string | null {
  switch (state.state) {
    case "calling":
      return t("call-calling");
    case "ringing":
      return t("call-ringing");
    case "alerting":
    case "answering":
    case "connecting":
      return t("call-connecting");
    case "talking":
      return null;
  }
}
