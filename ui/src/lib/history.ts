// The calls that were, as their list tells them.

import { dayByName, daysAgo, timeOfDay } from "./format";
import type { HistoryEntry } from "./phone";
import { locale } from "./words.svelte";

export type Kind = "missed" | "incoming" | "outgoing";

export type Filter = "all" | "missed" | "outgoing";

export function kind(entry: HistoryEntry): Kind {
  if (entry.direction === "outgoing") {
    return "outgoing";
  }
  return entry.talked_ms === null && !wasTurnedAway(entry) ? "missed" : "incoming";
}

/** Whether the user, here or on another device, dealt with it. */
function wasTurnedAway(entry: HistoryEntry): boolean {
  switch (entry.cause?.code) {
    case "local":
    case "declined":
    case "answered_elsewhere":
    case "busy":
      return true;
    case undefined:
    case "remote":
    case "missed":
    case "timeout":
    case "link_lost":
    case "no_media_path":
    case "media_lost":
    case "signed_out":
    case "no_answer":
    case "not_found":
    case "refused":
    case "security":
    case "incompatible":
      return false;
  }
}

export function filtered(entries: HistoryEntry[], filter: Filter): HistoryEntry[] {
  switch (filter) {
    case "all":
      return entries;
    case "missed":
      return entries.filter((entry) => kind(entry) === "missed");
    case "outgoing":
      return entries.filter((entry) => kind(entry) === "outgoing");
  }
}

/** Its key is the id of its oldest entry: a clock that was set back has one day twice, and a new call is the first of its day. */
export type Day = { key: number; words: string; entries: HistoryEntry[] };

/** The entries by the days on which their calls began, in the order in which they stand. */
export function byDay(entries: HistoryEntry[], today = new Date()): Day[] {
  const days: Day[] = [];
  let before = "";
  for (const entry of entries) {
    const date = new Date(entry.began);
    const on = date.toDateString();
    const last = days.at(-1);
    if (last !== undefined && on === before) {
      last.entries.push(entry);
      last.key = entry.id;
    } else {
      days.push({ key: entry.id, words: dayWords(date, today), entries: [entry] });
    }
    before = on;
  }
  return days;
}

function dayWords(date: Date, today: Date): string {
  const ago = daysAgo(date, today);
  if (ago === 0 || ago === 1) {
    const words = dayByName(ago);
    return words.charAt(0).toLocaleUpperCase(locale()) + words.slice(1);
  }
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "long", year }).format(
    date,
  );
}

export const clockTime = (entry: HistoryEntry): string => timeOfDay(new Date(entry.began));

/** Date and time in full. */
export const fullTime = (entry: HistoryEntry): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(entry.began),
  );
