import { expect, test } from "vitest";

import { STATES, type Name } from "../scripted/states";
import { lights } from "./lights";

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
