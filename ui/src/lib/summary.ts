// A call in a sentence or two, which can be read aloud to whoever helps.

import { span } from "./format";
import type { HistoryEntry } from "./phone";
import { t } from "./words.svelte";

/** How the call went; null: it was never answered, so that its end says all. */
export function summary(entry: HistoryEntry): string | null {
  if (entry.talked_ms === null) {
    return null;
  }
  const length = span(entry.talked_ms);
  const end = endWords(entry);
  const after = entry.answered_after_ms;
  // An earlier version did not note when the call was answered.
  const went =
    after === null
      ? t("call-went", { length, end })
      : t("call-answered", { after: span(after), length, end });
  return [went, poorWords(entry)].filter((it) => it !== null).join(" ");
}

function endWords({ cause, direction }: HistoryEntry): string {
  switch (cause?.code) {
    case "local":
      return t("call-end-you");
    case "remote":
      return direction === "incoming" ? t("call-end-caller") : t("call-end-called");
    case "link_lost":
    case "media_lost":
      return t("call-end-lost");
    case "signed_out":
      return t("call-end-signed-out");
    case undefined:
      return t("call-end-closed");
    case "declined":
    case "missed":
    case "answered_elsewhere":
    case "timeout":
    case "no_media_path":
    case "busy":
    case "no_answer":
    case "not_found":
    case "refused":
    case "security":
    case "incompatible":
      return t("call-end-fault");
  }
}

function poorWords({ poor_ms, poor_here_ms }: HistoryEntry): string | null {
  if (poor_ms === 0) {
    return null;
  }
  const poor = span(poor_ms);
  if (poor_here_ms === 0) {
    return t("call-poor", { poor });
  }
  return poor_here_ms < poor_ms
    ? t("call-poor-partly", { poor, here: span(poor_here_ms) })
    : t("call-poor-here", { poor });
}
