import { expect, test } from "vitest";

import { STATES, type Name } from "../scripted/states";
import { NOW } from "../scripted/states/ground";
import { standings, states } from "./phone.samples";
import { standing, standingSince, type Standing } from "./standing";

test.each<[Name, Standing, number | null]>([
  ["ready", "ready", 760_000],
  ["ready-first-day", "ready", 94 * 60_000],
  ["fallback", "ready", 760_000],
  ["lease-at-risk", "ready", 760_000],
  ["ringing", "ringing", 6_000],
  ["calling", "on_a_call", 3_000],
  ["talking", "on_a_call", 252_000],
  ["interrupted", "on_a_call", 252_000],
  ["second-call", "on_a_call", 252_000],
  ["two-calls", "on_a_call", 15_000],
  ["two-calls-one-ringing", "on_a_call", 15_000],
  ["link-down-in-call", "on_a_call", 252_000],
  ["on-hold", "on_hold", 31_000],
  ["two-on-hold", "on_hold", 5_000],
  ["two-ringing", "ringing", 9_000],
  ["queue-ready", "ready", 720_000],
  ["queue-paused", "paused", 720_000],
  ["queue-unset", "unset", null],
  ["queue-failed", "no_queue", null],
  ["queue-talking", "on_a_call", 252_000],
  ["wrap-up", "wrap_up", 24_000],
  ["wrap-up-without-line", "wrap_up", 24_000],
  ["no-microphone", "no_microphone", null],
  ["line-refused", "no_line", null],
  ["link-down", "reconnecting", null],
  ["signing-in-line", "connecting", null],
  ["signed-out", "signed_out", null],
  ["resuming", "connecting", null],
])("%s is %s since %j ms", (name, expected, since) => {
  const { view } = STATES[name]();
  const at = standingSince(view);
  expect(standing(view)).toBe(expected);
  expect(at === null ? null : NOW - at).toBe(since);
});

test.each(standings)("the tray and the page say $standing of $view", ({ standing: told, view }) => {
  const usual = states[0]?.view;
  expect(usual).toBeDefined();
  expect(usual && standing({ ...usual, ...view })).toBe(told);
});
