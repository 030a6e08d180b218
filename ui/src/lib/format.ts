// Times and lengths as people read them.

import { locale, t } from "./words.svelte";

const pad = (value: number): string => String(value).padStart(2, "0");

/** A running time: `04:12`, `1:04:12`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The same with its hours always: `00:04:12`. */
export function longClock(ms: number): string {
  const short = clock(ms);
  return short.length > 5 ? short.padStart(8, "0") : `00:${short}`;
}

/** A running time for `datetime`. */
export const machineTime = (ms: number): string => `PT${Math.max(0, Math.floor(ms / 1000))}S`;

/** Whole seconds that remain, never fewer than none. */
export const secondsLeft = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));

/** The time of a day, in one piece: `10:14`, `10:14 pm`. */
export function timeOfDay(date: Date): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(date).replace(" ", "\u00a0");
}

/** When something was, as short as it can be told today: `10:14`, `yesterday, 10:14`, `3 May, 10:14`. */
export function when(date: Date, today = new Date()): string {
  const days = daysAgo(date, today);
  if (days === 0) {
    return timeOfDay(date);
  }
  if (days === 1) {
    return `${dayByName(days)}, ${timeOfDay(date)}`;
  }
  const day = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(date);
  return `${day}, ${timeOfDay(date)}`;
}

/** A day, with its year where that is another one: `3 May`. */
export function dayOf(date: Date, today = new Date()): string {
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year }).format(date);
}

/** A length in words: `6 min 12 s`. */
export function span(ms: number): string {
  const all = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (hours > 0) {
    return t("span-hours", { hours, minutes });
  }
  return minutes > 0 ? t("span-minutes", { minutes, seconds }) : t("span-seconds", { seconds });
}

/** How many midnights lie between. */
export function daysAgo(date: Date, today: Date): number {
  return Math.round((midnight(today) - midnight(date)) / 86_400_000);
}

/** The day so long ago, where it has a name: `today`, `yesterday`. */
export const dayByName = (ago: number): string =>
  new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-ago, "day");

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
