import { expect, test } from "vitest";

import { masked } from "./masked";

test.each([
  ["523514", "5235••"],
  ["201", "2••"],
  ["20", "••"],
  ["7", "•"],
  ["", ""],
])("%s is shown as %s", (extension, shown) => {
  expect(masked(extension)).toBe(shown);
});
