// What the notice bar says: the most pressing thing alone.

import { availabilityWords } from "./availability";
import { changeWords, faultWords } from "./changes";
import { current, type Told } from "./current.svelte";
import { isDeaf, isMute } from "./devices";
import { hopFault, lineFault, opens, type Fault } from "./faults";
import type { Drawing } from "../parts/Icon.svelte";
import { isRefusedHere } from "../queue/refused";
import type { DeviceWhy, Happened, SystemSettings } from "./phone";
import { place } from "./place.svelte";
import { again, proofLines } from "./proofs";
import { unbroken } from "./unbroken";
import { deviceName, nameOf } from "./who";
import { t } from "./words.svelte";

export type Remedy = "reconnect" | "sound" | "test" | "ready" | SystemSettings;

export type NoticeText = {
  /** The same while the same thing is told. */
  key: string;
  tone: "fault" | "ring" | "ready" | "neutral";
  icon?: Drawing;
  words: string;
  detail?: string | undefined;
  remedy?: Remedy | undefined;
  /** What others can use who can help, and the words for it. */
  copy?: { words: string; lines: () => (string | undefined)[] } | undefined;
  /** Something to be read once: it can be put away. */
  once?: boolean;
  /** What was told in passing, to be forgotten when it is put away. */
  told?: Told;
};

/** The most pressing notice that was not put away. */
export function notice(away: readonly string[]): NoticeText | null {
  return candidates().find((it) => it !== null && !away.includes(it.key)) ?? null;
}

function candidates(): (NoticeText | null)[] {
  return [
    lost(),
    link(),
    line(),
    queueLogin(),
    microphone(),
    path(),
    ...current.told.map(passing),
    speaker(),
    // The wrap-up itself says so while it is there.
    current.view.queue !== null && isRefusedHere(current.view.queue) ? null : queueRefused(),
    queueOrder(),
    queueUnset(),
    unsaved(),
    atRisk(),
    vault(),
    ...current.window.complaints.map((words): NoticeText => ({
      key: words,
      tone: "neutral",
      words: t("notice-computer"),
      detail: words,
      once: true,
    })),
  ];
}

function lost(): NoticeText | null {
  const { lease } = current.view;
  if (lease?.state.state !== "lost") {
    return null;
  }
  const { reason } = lease.state;
  const moved = reason.code === "taken_over" && reason.device_name !== null ? reason.device_name : null;
  return {
    key: "lost",
    tone: "ring",
    icon: "devices",
    words: moved === null ? t("notice-lost") : t("notice-moved", { device: unbroken(moved) }),
  };
}

function link(): NoticeText | null {
  const { link } = current.view;
  if (link.state !== "down") {
    return null;
  }
  const fault = hopFault(link, link.host, true);
  return {
    key: "link",
    tone: "ring",
    icon: "noConnection",
    words: sentences(fault.title, fault.passes ? fault.line : again(link.retry_at)),
    detail: link.detail,
    // Who is refused is refused again.
    remedy: link.hop === "web_socket" || fault.passes ? undefined : fault.clock ? "clock" : "reconnect",
    copy: copyOf(fault, t("copy-it")),
  };
}

function copyOf(fault: Fault, words: string): NoticeText["copy"] {
  return fault.forIt === true
    ? { words, lines: () => [fault.title, fault.line, fault.detail, ...proofLines()] }
    : undefined;
}

function line(): NoticeText | null {
  const { line, agent, link } = current.view;
  if (line.state !== "failed" || link.state !== "up") {
    return null;
  }
  const fault = lineFault(line, agent?.extension ?? "");
  const more = line.retry_at === null ? (fault.line ?? "") : [fault.line, again(line.retry_at)].join(" ");
  return {
    key: "line",
    tone: "fault",
    words: sentences(fault.title, more),
    detail: fault.detail,
    // What is not tried again by itself is not mended by a try.
    remedy: fault.passes || (line.retry_at === null && fault.forIt) ? undefined : "reconnect",
    copy: copyOf(fault, t("copy")),
  };
}

function microphone(): NoticeText | null {
  const { sound } = current.view;
  return isDeaf(sound)
    ? {
        key: `microphone ${sound.microphone_fault?.why ?? ""}`,
        tone: "fault",
        icon: "microphoneOff",
        words: faultWords("microphone", sound.microphone_fault),
        remedy: soundRemedy(sound.microphone_fault?.why),
      }
    : null;
}

/** What a check has found. A call proves more, and the connection panel says the same. */
function path(): NoticeText | null {
  const { path_check: check, calls } = current.view;
  if (check?.state !== "silent" || calls.length > 0 || place.panel === "connection") {
    return null;
  }
  const fault = { title: t("path-blocked"), line: t("path-blocked-line"), forIt: true };
  return {
    key: `path ${String(check.at)}`,
    tone: "fault",
    words: sentences(fault.title, fault.line),
    copy: copyOf(fault, t("copy-it")),
    once: true,
  };
}

function speaker(): NoticeText | null {
  const { sound } = current.view;
  return isMute(sound)
    ? { key: "speaker", tone: "fault", icon: "headset", words: faultWords("speaker", null), remedy: "sound" }
    : null;
}

/** What the system forbids, its settings allow. */
const soundRemedy = (why: DeviceWhy | undefined): Remedy =>
  why === "refused" && opens("microphone") ? "microphone" : "sound";

function queueLogin(): NoticeText | null {
  const login = current.view.queue?.login;
  return login?.state === "failed"
    ? {
        key: "queue-login",
        tone: "fault",
        words: t("fault-queue"),
        detail: login.message,
        remedy: "ready",
        copy: copyOf({ title: t("fault-queue"), detail: login.message, forIt: true }, t("copy")),
      }
    : null;
}

/** What Ozonetel did not take. */
export function queueRefused(): NoticeText | null {
  const queue = current.view.queue;
  if (queue === null || queue.refused === null) {
    return null;
  }
  const { of, message, at } = queue.refused;
  const words =
    of.order === "outcome"
      ? t("notice-outcome-refused", { outcome: of.outcome })
      : t("notice-refused", { state: availabilityWords(of.availability) });
  return { key: `refused ${String(at)}`, tone: "ring", words, detail: message, once: true };
}

function queueOrder(): NoticeText | null {
  const order = current.view.queue?.order;
  return order?.trouble == null
    ? null
    : {
        key: "queue-order",
        tone: "ring",
        icon: "queue",
        words: `${t("notice-queue-silent")} ${again(order.retry_at ?? 0)}`,
        // The words are what the server says then.
        detail: order.trouble.detail.endsWith("Ozonetel does not answer.") ? undefined : order.trouble.detail,
        remedy: "reconnect",
      };
}

function queueUnset(): NoticeText | null {
  const queue = current.view.queue;
  const unset =
    queue !== null && queue.availability === null && queue.order === null && queue.login.state !== "failed";
  return unset && current.view.lease?.state.state !== "lost"
    ? { key: "queue-unset", tone: "neutral", icon: "queue", words: t("notice-unset"), remedy: "ready" }
    : null;
}

function unsaved(): NoticeText | null {
  const count = current.view.queue?.unsaved ?? 0;
  return count > 0
    ? { key: "unsaved", tone: "ring", icon: "pen", words: t("notice-unsaved"), remedy: "reconnect" }
    : null;
}

/** Says of each outcome that was lost that it may not be saved. */
export const lostOutcomes = (): string[] =>
  current.told.flatMap(({ happened }) => (happened.type === "outcome.lost" ? [lostWords(happened)] : []));

const lostWords = ({ outcome }: { outcome: string }): string => t("notice-outcome-lost", { outcome });

function passing(told: Told): NoticeText | null {
  const text = happenedText(told.happened);
  return text && { ...text, key: `told ${told.id}`, told, once: true };
}

function happenedText(happened: Happened): Omit<NoticeText, "key"> | null {
  switch (happened.type) {
    case "sound.device_changed":
      return {
        tone: "neutral",
        icon: "headset",
        words: changeWords(happened),
        remedy: soundRemedy(happened.why),
      };
    case "sound.silent_microphone":
      // It is nobody's affair after the call.
      return current.view.calls.some((call) => !call.held && !call.muted)
        ? {
            tone: "ring",
            icon: "microphoneOff",
            words: t("verdict-silent"),
            remedy: "test",
          }
        : null;
    case "call.change_failed":
      return {
        tone: "ring",
        words: t("notice-change-failed"),
        detail: happened.reason,
      };
    case "call.turned_away":
      return {
        tone: "neutral",
        icon: "missed",
        words: t("notice-turned-away", { number: nameOf({ number: happened.from, display_name: null }) }),
      };
    case "move.moved_here":
      return {
        tone: "ready",
        icon: "check",
        words: t("notice-moved-here", { device: deviceName(happened.device_name) }),
      };
    case "media.failed":
      return {
        tone: "fault",
        words: t("notice-media-failed"),
        detail: happened.reason,
      };
    case "wrap_up.ended": {
      const { queue, move_request: asked } = current.view;
      const then = queue?.order?.availability ?? queue?.availability;
      // The device that the phone is promised to is made ready, and not this one.
      const stays = asked === null || asked.state.state === "waiting";
      const words = stays && then?.state === "ready" ? t("notice-time-up-ready") : t("notice-time-up");
      return { tone: "neutral", icon: "clock", words };
    }
    case "outcome.lost":
      return {
        tone: "ring",
        icon: "pen",
        words: lostWords(happened),
      };
    case "call.recovered":
      // The call itself says so.
      return null;
    case "fault.vault":
      // The view says so for as long as it is true.
      return null;
  }
}

function atRisk(): NoticeText | null {
  const { lease, proofs } = current.view;
  if (lease?.state.state !== "at_risk") {
    return null;
  }
  const left = proofs.session_expires_at === null ? 0 : proofs.session_expires_at - current.now;
  return {
    key: "at-risk",
    tone: "ring",
    icon: "clock",
    words: t("notice-at-risk", { minutes: Math.max(1, Math.ceil(left / 60_000)) }),
    detail: lease.state.detail,
  };
}

function vault(): NoticeText | null {
  const { vault } = current.view;
  return vault.state === "keyring"
    ? null
    : {
        key: "vault",
        tone: "neutral",
        icon: "lock",
        words: t("notice-vault-memory"),
        detail: vault.state === "failed" ? vault.detail : undefined,
        once: true,
      };
}

/** A title that ends as its language ends sentences, and what follows it. */
const sentences = (title: string, more = ""): string => `${title}${t("full-stop")} ${more}`.trim();
