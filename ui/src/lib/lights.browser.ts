import { expect, test } from "vitest";

import { STATES, type Name } from "../scripted/states";
import { lights } from "./lights";

test.each<[Name, ReturnType<typeof lights>]>([
  ["queue-ready", { session: "proven", server: "proven", line: "proven", queue: "proven" }],
  ["queue-paused", { session: "proven", server: "proven", line: "proven", queue: "proven" }],
  ["queue-pending", { session: "proven", server: "proven", line: "proven", queue: "working" }],
  ["queue-silent", { session: "proven", server: "proven", line: "proven", queue: "working" }],
  ["queue-failed", { session: "proven", server: "proven", line: "proven", queue: "fault" }],
  ["ready", { session: "proven", server: "proven", line: "proven", queue: null }],
  ["talking", { session: "proven", server: "proven", line: "proven", queue: null }],
  ["signed-out", { session: "off", server: "off", line: "off", queue: null }],
  ["signing-in-line", { session: "working", server: "working", line: "working", queue: null }],
  ["lease-at-risk", { session: "working", server: "proven", line: "proven", queue: null }],
  ["link-down", { session: "proven", server: "fault", line: "working", queue: null }],
  // The line was registered over a connection that is gone: that proves nothing.
  ["link-down-in-call", { session: "proven", server: "fault", line: "working", queue: null }],
  ["line-refused", { session: "proven", server: "proven", line: "fault", queue: null }],
  ["fallback", { session: null, server: "proven", line: "proven", queue: null }],
])("the lights of %s are %j", (name, expected) => {
  expect(lights(STATES[name]().view)).toEqual(expected);
});
