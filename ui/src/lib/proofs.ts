// What proves that each part of the phone works, and how old the proof is.

import { availabilityWords } from "./availability";
import { faultWords } from "./changes";
import { current } from "./current.svelte";
import { isDeaf } from "./devices";
import { hopFault, lineFault } from "./faults";
import { clock, secondsLeft, span, timeOfDay } from "./format";
import type { Codec, Moment, PhoneView } from "./phone";
import { lights, proofWords, type Proof } from "./lights";
import { qualityWords } from "./quality";
import { foreground } from "./standing";
import { isGood, verdictWords } from "./verdict";
import { t } from "./words.svelte";

export type ProofRow = {
  part: "session" | "server" | "line" | "queue" | "path" | "microphone" | "speaker" | "keyring";
  name: string;
  proof: Proof;
  /** What is so. */
  fact: string;
  /** How old the proof is, and until when it holds. */
  age: string[];
  /** What the server or the system said. */
  detail?: string | undefined;
};

/** The parts of the phone that can be proven, at this instant; what has a fault comes first, where it is seen. */
export function proofRows(view: PhoneView, now: Moment): ProofRow[] {
  return [
    session(view, now),
    server(view, now),
    line(view, now),
    queue(view, now),
    path(view),
    microphone(view),
    speaker(view),
    keyring(view),
  ]
    .filter((row) => row !== null)
    .sort((one, other) => Number(other.proof === "fault") - Number(one.proof === "fault"));
}

/** The same as text, for whoever helps. */
export function proofLines(): string[] {
  return proofRows(current.view, current.now).map((row) =>
    [`${row.name}: ${proofWords(row.proof)}`, row.fact, ...row.age, row.detail]
      .filter((it) => it !== undefined)
      .join(" · "),
  );
}

/** How long ago that was, in whole seconds. */
const ago = (at: Moment, now: Moment): string => span(Math.floor(Math.max(0, now - at) / 1000) * 1000);

function session(view: PhoneView, now: Moment): ProofRow | null {
  const proof = lights(view).session;
  if (proof === null) {
    return null;
  }
  const { session_confirmed_at: confirmed, session_expires_at: expires } = view.proofs;
  const row: ProofRow = {
    part: "session",
    name: t("light-session"),
    proof,
    fact: holder(view),
    age: [...lastConfirmed(confirmed, now), ...(expires === null ? [] : [ends(expires, now)])],
  };
  switch (view.lease?.state.state) {
    case undefined:
      return { ...row, fact: t("proof-no-session"), age: [] };
    case "held":
      return row;
    case "at_risk":
      return { ...row, fact: t("proof-session-at-risk"), detail: view.lease?.state.detail };
    case "lost":
      return { ...row, fact: t("proof-session-lost"), age: [] };
  }
}

function ends(expires: Moment, now: Moment): string {
  const left = expires - now;
  return left > 0 ? t("proof-ends", { left: clock(left) }) : t("proof-over");
}

function holder(view: PhoneView): string {
  const device = current.window.device_name;
  return view.account.state === "signed_in"
    ? t("proof-holder", { name: view.account.user.name, device })
    : device;
}

function server(view: PhoneView, now: Moment): ProofRow {
  const row = { part: "server" as const, name: t("light-server"), proof: lights(view).server };
  const { link } = view;
  switch (link.state) {
    case "off":
      return { ...row, fact: t("proof-server-off"), age: [] };
    case "opening":
      return { ...row, fact: t("state-connecting"), age: [] };
    case "up": {
      const heard = view.proofs.link_heard_at;
      return {
        ...row,
        fact: t("proof-server-up", { time: timeOfDay(current.wall(link.since)) }),
        age: heard === null ? [] : [t("proof-heard", { age: ago(heard, now) })],
      };
    }
    case "down": {
      const fault = hopFault(link, link.host, true);
      return {
        ...row,
        fact: fault.title,
        age: [...(fault.line === undefined ? [] : [fault.line]), again(link.retry_at, now)],
        detail: fault.detail,
      };
    }
  }
}

function line(view: PhoneView, now: Moment): ProofRow {
  const row = { part: "line" as const, name: t("light-line"), proof: lights(view).line };
  const { line, proofs } = view;
  switch (line.state) {
    case "off":
      return { ...row, fact: t("proof-line-off"), age: [] };
    case "registering":
      return { ...row, fact: t("proof-line-registering"), age: lastConfirmed(proofs.line_confirmed_at, now) };
    case "registered":
      return {
        ...row,
        fact: t("proof-line", { extension: line.extension, server: line.server }),
        age: [
          ...lastConfirmed(proofs.line_confirmed_at, now),
          ...(proofs.line_expires_at === null
            ? []
            : [
                proofs.line_expires_at > now
                  ? t("proof-expires", { left: clock(proofs.line_expires_at - now) })
                  : t("proof-over"),
              ]),
        ],
      };
    case "failed": {
      const fault = lineFault(line, view.agent?.extension ?? "");
      return {
        ...row,
        fact: fault.title,
        age: [
          ...(fault.line === undefined ? [] : [fault.line]),
          ...(line.retry_at === null ? [] : [again(line.retry_at, now)]),
        ],
        detail: fault.detail,
      };
    }
  }
}

const lastConfirmed = (at: Moment | null, now: Moment): string[] =>
  at === null ? [] : [t("proof-confirmed", { age: ago(at, now) })];

/** When what failed is tried again. */
export function again(at: Moment, now = current.now): string {
  const seconds = secondsLeft(at - now);
  return seconds > 0 ? t("retry-in", { seconds }) : t("retry-now");
}

function queue(view: PhoneView, now: Moment): ProofRow | null {
  const proof = lights(view).queue;
  if (view.queue === null || proof === null) {
    return null;
  }
  const { login, availability, since, order, unsaved } = view.queue;
  const confirmed = lastConfirmed(view.proofs.queue_confirmed_at, now);
  const row = { part: "queue" as const, name: t("light-queue"), proof };
  if (login.state === "failed") {
    return { ...row, fact: t("fault-queue"), age: confirmed, detail: login.message };
  }
  const fact =
    login.state === "pending"
      ? t("proof-queue-pending")
      : availability === null
        ? t("state-unset")
        : availabilityWords(availability);
  return {
    ...row,
    fact,
    age: [
      ...confirmed,
      ...(since === null || availability === null
        ? []
        : [t("proof-queue-since", { time: timeOfDay(current.wall(since)) })]),
      ...(order?.retry_at == null ? [] : [again(order.retry_at, now)]),
      ...(unsaved > 0 ? [t("notice-unsaved")] : []),
    ],
    detail: order?.trouble?.detail,
  };
}

/** Which way the sound goes; before there is a call, what is known of whether there is one. */
function path(view: PhoneView): ProofRow | null {
  const call = foreground(view.calls);
  const row = { part: "path" as const, name: t("path-title") };
  if (call === null) {
    return view.line.state === "off" ? null : { ...row, ...checkedPath(view) };
  }
  if (call.talking_since === null && call.state.state !== "connecting") {
    return null;
  }
  if (call.path === null) {
    return { ...row, proof: "working", fact: t("path-looking"), age: [] };
  }
  const { local, remote, remote_kind, codec } = call.path;
  const oneWay = call.one_way_in_since !== null || call.one_way_out_since !== null;
  const poor = call.quality === "poor" || call.quality === "poor_here";
  const age = [
    t("path-codec", { codec: CODECS[codec] }),
    ...(call.round_trip_ms === null ? [] : [t("path-round-trip", { ms: call.round_trip_ms })]),
    ...(call.quality === null || call.interrupted
      ? []
      : [`${t("quality-label")} ${qualityWords(call.quality)}`]),
  ];
  return {
    ...row,
    proof: call.interrupted || oneWay || poor ? "fault" : "proven",
    fact: call.interrupted
      ? t("path-silent")
      : call.one_way_in_since !== null
        ? t("one-way-in-line")
        : call.one_way_out_since !== null
          ? t("one-way-out-line")
          : remote_kind === "relayed"
            ? t("path-relay")
            : t("path-direct"),
    age,
    detail: `UDP ${local} – ${remote}`,
  };
}

function checkedPath({ path_check: check }: PhoneView): Pick<ProofRow, "proof" | "fact" | "age" | "detail"> {
  switch (check?.state) {
    case undefined:
      return { proof: "off", fact: t("path-unchecked"), age: [] };
    case "running":
      return { proof: "working", fact: t("path-looking"), age: [] };
    case "reached":
      return {
        proof: "proven",
        fact: t("path-open"),
        age: [t("path-open-line"), t("path-round-trip", { ms: check.took_ms }), checkedAt(check.at)],
        detail: `UDP ${check.local} – ${check.seen_as}`,
      };
    case "silent":
      return {
        proof: "fault",
        fact: t("path-blocked"),
        age: [t("path-blocked-line"), checkedAt(check.at)],
        detail: `STUN ${check.servers.join(" ")}`,
      };
    case "no_server":
      return { proof: "off", fact: t("path-unasked"), age: [] };
  }
}

const checkedAt = (at: Moment): string => t("check-at", { time: timeOfDay(current.wall(at)) });

/** As they are called where people compare them. */
const CODECS: Record<Codec, string> = { opus: "Opus", pcmu: "G.711 µ-law", pcma: "G.711 A-law" };

function microphone(view: PhoneView): ProofRow {
  const row = { part: "microphone" as const, name: t("role-microphone") };
  const { microphone, check, capture_open } = view.sound;
  if (microphone === null && !isDeaf(view.sound)) {
    return { ...row, proof: "working", fact: t("devices-looking"), age: [] };
  }
  if (microphone === null) {
    return { ...row, proof: "fault", fact: faultWords("microphone", view.sound.microphone_fault), age: [] };
  }
  if (check === null) {
    // That it is plugged in is known; that it hears is not.
    return {
      ...row,
      proof: capture_open ? "proven" : "off",
      fact: microphone.name,
      age: [capture_open ? t("proof-microphone-open") : t("proof-microphone-unchecked")],
    };
  }
  switch (check.state) {
    case "running":
      return { ...row, proof: "working", fact: microphone.name, age: [t("check-speak")] };
    case "done":
      return {
        ...row,
        proof: isGood(check.verdict) ? "proven" : "fault",
        fact: microphone.name,
        age: [verdictWords(check.verdict), checkedAt(check.at)],
      };
  }
}

/** What was recorded is played back on it: nobody but its user knows whether that is heard. */
function speaker({ sound }: PhoneView): ProofRow {
  const row = { part: "speaker" as const, name: t("role-speaker"), age: [] };
  const { speaker, devices, check } = sound;
  const playback = check?.state === "done" ? check.playback : undefined;
  if (check?.state === "done" && playback?.state === "open") {
    return {
      ...row,
      proof: "proven",
      fact: playback.device,
      age: [t("speaker-played"), checkedAt(check.at)],
    };
  }
  if (playback?.state === "failed") {
    return { ...row, proof: "fault", fact: faultWords("speaker", playback.fault) };
  }
  if (speaker === null) {
    return devices === null
      ? { ...row, proof: "working", fact: t("devices-looking") }
      : { ...row, proof: "fault", fact: faultWords("speaker", null) };
  }
  return { ...row, proof: "off", fact: speaker.name, age: [t("proof-microphone-unchecked")] };
}

function keyring(view: PhoneView): ProofRow {
  const row = { part: "keyring" as const, name: t("proof-keyring") };
  switch (view.vault.state) {
    case "keyring":
      return { ...row, proof: "proven", fact: t("proof-keyring-kept"), age: [] };
    case "memory":
      return { ...row, proof: "off", fact: t("proof-keyring-memory"), age: [t("proof-keyring-memory-line")] };
    case "failed":
      return {
        ...row,
        proof: "fault",
        fact: t("proof-keyring-memory"),
        age: [t("proof-keyring-memory-line")],
        detail: view.vault.detail,
      };
  }
}
