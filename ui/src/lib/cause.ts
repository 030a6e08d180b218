// How a call ended, as its agent is told.

import type { Direction, EndCause } from "./phone";
import { t } from "./words.svelte";

export function causeWords(cause: EndCause, direction: Direction): string {
  switch (cause.code) {
    case "local":
      return t("cause-local");
    case "remote":
      return direction === "incoming" ? t("cause-caller") : t("cause-remote");
    case "declined":
      return t("cause-declined");
    case "missed":
      return t("cause-missed");
    case "answered_elsewhere":
      return t("cause-elsewhere");
    case "timeout":
      return t("cause-timeout");
    case "link_lost":
    case "media_lost":
      return t("cause-lost");
    case "no_media_path":
      return t("cause-no-path");
    case "signed_out":
      return t("cause-signed-out");
    case "busy":
      return t("cause-busy");
    case "no_answer":
      return t("cause-no-answer");
    case "not_found":
      return t("cause-not-found");
    case "refused":
      return t("cause-refused");
    case "security":
      return t("cause-security");
    case "incompatible":
      return t("cause-incompatible");
  }
}

/** What the server or the phone said about it in English, for the small line; of `no_media_path` it is our own words. */
export function causeDetail(cause: EndCause): string | undefined {
  switch (cause.code) {
    case "refused":
    case "not_found":
      return `${cause.status} ${cause.reason}`;
    case "security":
    case "incompatible":
      return cause.detail;
    case "no_media_path":
      return t("cause-no-path-line");
    case "busy":
    case "no_answer":
    case "local":
    case "remote":
    case "declined":
    case "missed":
    case "answered_elsewhere":
    case "timeout":
    case "link_lost":
    case "media_lost":
    case "signed_out":
      return undefined;
  }
}

/** Whether something failed, rather than somebody having decided. */
export function isFault(cause: EndCause): boolean {
  switch (cause.code) {
    case "missed":
    case "link_lost":
    case "media_lost":
    case "no_media_path":
    case "not_found":
    case "refused":
    case "security":
    case "incompatible":
      return true;
    case "local":
    case "remote":
    case "declined":
    case "answered_elsewhere":
    case "timeout":
    case "signed_out":
    case "busy":
    case "no_answer":
      return false;
  }
}
