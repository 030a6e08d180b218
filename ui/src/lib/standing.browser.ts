import { expect, test } from "vitest";

import { STATES, type Name, NOW } from "../scripted/states";
import { lights, standing, standingSince, type Standing } from "./standing";

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
  ["link-down-in-call", "on_a_call", 252_000],
  ["on-hold", "on_hold", 31_000],
  ["no-microphone", "no_microphone", null],
  ["line-refused", "no_line", null],
  ["link-down", "reconnecting", null],
  ["signing-in-line", "connecting", null],
  ["signed-out", "signed_out", null],
  ["resuming", "signed_out", null],
])("%s is %s since %j ms", (name, expected, since) => {
  const { view } = STATES[name]();
  const at = standingSince(view);
  expect(standing(view)).toBe(expected);
  expect(at === null ? null : NOW - at).toBe(since);
});

test.each<[Name, ReturnType<typeof lights>]>([
  ["ready", { session: "proven", server: "proven", line: "proven" }],
  ["talking", { session: "proven", server: "proven", line: "proven" }],
  ["signed-out", { session: "off", server: "off", line: "off" }],
  ["signing-in-line", { session: "working", server: "working", line: "working" }],
  ["lease-at-risk", { session: "working", server: "proven", line: "proven" }],
  ["link-down", { session: "proven", server: "fault", line: "working" }],
  // The line was registered over a connection that is gone: that proves nothing.
  ["link-down-in-call", { session: "proven", server: "fault", line: "working" }],
  ["line-refused", { session: "proven", server: "proven", line: "fault" }],
  ["fallback", { session: null, server: "proven", line: "proven" }],
])("the lights of %s are %j", (name, expected) => {
  expect(lights(STATES[name]().view)).toEqual(expected);
});
