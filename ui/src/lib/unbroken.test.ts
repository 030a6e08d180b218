import { expect, test } from "vitest";

import { plain, unbroken } from "./unbroken";

test.each(["LAPTOP-7", "desk", "a-b--c-", ""])("%s is the same when it is copied", (name) => {
  expect(plain(unbroken(name))).toBe(name);
});

test("what stands beside a hyphen stays beside it", () => {
  expect(unbroken("A-1-B")).toBe("A-\u20601-\u2060B");
});
