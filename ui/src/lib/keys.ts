// The keys of the windows.

import { current } from "./current.svelte";
import { answer, hangUp, silence, toggleHold, toggleMute } from "./orders.svelte";
import type { CallView } from "./phone";
import { place } from "./place.svelte";
import { alerting, foreground, isHeard } from "./standing";

/** What is typed when a window comes forward was meant for the one before it; after a rest of this many ms a hand types no more. */
const GUARD_MS = 700;

/** When the last key was pressed that was meant for a field, and whether a ring has taken that field since. */
let typedAt = -Infinity;
let isTaken = false;

/** The field that has the focus, if any, goes now. */
export function takeField(): void {
  isTaken = typing(document.activeElement);
}

/** Whether a hand types into a field that has gone. */
export const isTypedInto = (): boolean => isTaken && performance.now() - typedAt < GUARD_MS;

/** Obeys the keys until the returned function is called. */
export function obeyKeys(): () => void {
  // A window that was drawn under the typing hand is one that came forward.
  let focused = performance.now();
  const onFocus = () => (focused = performance.now());
  const isEarly = () => performance.now() - focused < GUARD_MS;
  // What presses a button or is a tone; the rest moves the focus, or is text where there is a field.
  const onAnyKey = (event: KeyboardEvent) => {
    if (!/^(.|Enter)$/.test(event.key)) {
      return;
    }
    if (typing(event.target)) {
      isTaken = false;
      typedAt = performance.now();
      return;
    }
    const goesOn = isTypedInto() && !event.ctrlKey;
    if (goesOn) {
      typedAt = performance.now();
    }
    if (goesOn || isEarly()) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.repeat || event.isComposing || isEarly()) {
      return;
    }
    if (obey(event)) {
      event.preventDefault();
    }
  };
  window.addEventListener("focus", onFocus);
  window.addEventListener("keydown", onAnyKey, true);
  window.addEventListener("keydown", onKey);
  return () => {
    window.removeEventListener("focus", onFocus);
    window.removeEventListener("keydown", onAnyKey, true);
    window.removeEventListener("keydown", onKey);
  };
}

function obey(event: KeyboardEvent): boolean {
  const { ctrlKey, shiftKey, altKey, metaKey } = event;
  const { calls } = current.view;
  const rings = alerting(calls);
  const call = foreground(calls);

  if (altKey || metaKey) {
    return false;
  }
  if (ctrlKey) {
    if (event.key === "Enter" && !shiftKey && rings !== null) {
      void answer(rings);
      return true;
    }
    const over = rings ?? call;
    if (event.key === "Backspace" && shiftKey && over !== null) {
      void hangUp(over);
      return true;
    }
    return false;
  }
  if (event.key === "F6") {
    return nextZone(shiftKey ? -1 : 1);
  }
  if (isAsked()) {
    return false;
  }
  if (event.key === "Escape") {
    return leave();
  }
  if (typing(event.target)) {
    return false;
  }
  switch (letter(event)) {
    case "m":
      if (call !== null && call.state.state !== "alerting") {
        void toggleMute(call);
        return true;
      }
      if (rings === null || !isHeard(rings)) {
        return false;
      }
      void silence(rings);
      return true;
    case "h":
      if (call === null || !(call.held || call.state.state === "talking")) {
        return false;
      }
      void toggleHold(call);
      return true;
    case "d":
      if (!hasKeypad(call)) {
        return false;
      }
      place.toggleKeypad();
      return true;
    default:
      return false;
  }
}

/** Closes what lies over the tab, never a call. */
function leave(): boolean {
  if (place.panel !== null) {
    place.back();
    return true;
  }
  if (place.keypad) {
    place.toggleKeypad();
    return true;
  }
  return false;
}

/** The letter on the key; on a keyboard of another script, the one that stands there on a Latin one. */
function letter(event: KeyboardEvent): string {
  return /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
}

/** Whether one can be unfolded: in a call, or between two; not while it only rings, in the work after it, and where there are no tabs. */
function hasKeypad(call: CallView | null): boolean {
  const none = call === null ? current.view.queue?.wrap_up != null : call.state.state === "alerting";
  return !none && document.querySelector("nav") !== null;
}

/** Whether something lies over the page. */
const isAsked = (): boolean => document.querySelector("dialog[open]") !== null;

/** Whether keys are text there. */
function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null
  );
}

/** Whether a key is one of a keypad, or +, and neither text nor for what lies over the page. */
export function isKeyed({ key, ctrlKey, altKey, metaKey, target }: KeyboardEvent): boolean {
  return /^[0-9*#+]$/.test(key) && !(ctrlKey || altKey || metaKey || typing(target) || isAsked());
}

/** Moves the focus to the zone after the present one, past those in which nothing can have it. */
function nextZone(step: 1 | -1): boolean {
  const zones = [...document.querySelectorAll<HTMLElement>("[data-zone]")]
    .map((zone) => ({ zone, first: firstIn(zone) }))
    .filter(({ first }) => first !== null);
  const at = zones.findIndex(({ zone }) => zone.contains(document.activeElement));
  const from = at === -1 && step === -1 ? 0 : at;
  zones[(from + step + zones.length) % zones.length]?.first?.focus();
  return zones.length > 0;
}

function firstIn(zone: HTMLElement): HTMLElement | null {
  const inside = "button:not(:disabled), input:not(:disabled), select:not(:disabled), [tabindex]";
  return zone.matches("button")
    ? zone
    : (zone.querySelector<HTMLElement>(inside) ?? zone.closest<HTMLElement>("[tabindex]"));
}
