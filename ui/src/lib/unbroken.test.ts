import { expect, test } from "vitest";

import { apart } from "./direction";
import { plain, unbroken } from "./unbroken";

test.each(["LAPTOP-7", "desk", "a-b--c-", ""])("%s is the same when it is copied", (name) => {
  expect(plain(unbroken(name))).toBe(name);
});

test("what kept a text apart is not copied", () => {
  expect(plain(apart("Ana") + " @ " + apart(unbroken("DESK-1")))).toBe("Ana @ DESK-1");
});

test("what keeps a number beside its unit is copied as a space", () => {
  expect(plain("59\u00a0min")).toBe("59 min");
});

test("what stands beside a hyphen stays beside it", () => {
  expect(unbroken("A-1-B")).toBe("A-\u20601-\u2060B");
});
