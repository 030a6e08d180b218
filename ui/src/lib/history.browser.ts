import { describe, expect, test } from "vitest";

import { byDay, filtered, kind } from "./history";
import type { EndCause, HistoryEntry } from "./phone";
import { setLanguage } from "./words.svelte";

const entry = (more: Partial<HistoryEntry>): HistoryEntry => ({
  id: 1,
  direction: "incoming",
  number: "700202",
  display_name: null,
  began: 0,
  talked_ms: null,
  cause: { code: "missed" },
  quality: null,
  answered_after_ms: null,
  poor_ms: 0,
  poor_here_ms: 0,
  ...more,
});

describe("a call", () => {
  test("was missed where nobody dealt with it", () => {
    const missed: (EndCause | null)[] = [
      { code: "missed" },
      { code: "remote" },
      { code: "timeout" },
      { code: "link_lost" },
      null,
    ];
    for (const cause of missed) {
      expect(kind(entry({ cause }))).toBe("missed");
    }
    for (const code of ["declined", "local", "answered_elsewhere"] as const) {
      expect(kind(entry({ cause: { code } }))).toBe("incoming");
    }
  });

  test("was not missed where it was answered, or made here", () => {
    expect(kind(entry({ talked_ms: 0 }))).toBe("incoming");
    expect(kind(entry({ direction: "outgoing" }))).toBe("outgoing");
  });
});

test("the filters choose by what the calls were", () => {
  const all = [
    entry({ id: 3 }),
    entry({ id: 2, direction: "outgoing" }),
    entry({ id: 1, talked_ms: 5, cause: { code: "remote" } }),
  ];
  expect(filtered(all, "all")).toEqual(all);
  expect(filtered(all, "missed").map((it) => it.id)).toEqual([3]);
  expect(filtered(all, "outgoing").map((it) => it.id)).toEqual([2]);
});

test("the calls stand under the days of their beginnings", async () => {
  await setLanguage("en");
  const today = new Date(2026, 10, 21, 0, 30);
  const at = (...time: [number, number, number, number, number]) => new Date(...time).getTime();
  const days = byDay(
    [
      entry({ id: 5, began: at(2026, 10, 21, 0, 10) }),
      entry({ id: 4, began: at(2026, 10, 20, 23, 59) }),
      entry({ id: 3, began: at(2026, 10, 20, 0, 0) }),
      entry({ id: 2, began: at(2026, 10, 19, 12, 0) }),
      entry({ id: 1, began: at(2025, 10, 19, 12, 0) }),
    ],
    today,
  );
  expect(days.map((day) => day.entries.map((it) => it.id))).toEqual([[5], [4, 3], [2], [1]]);
  expect(days[0]?.words).toBe("Today");
  expect(days[1]?.words).toBe("Yesterday");
  expect(days[2]?.words).toMatch(/Thursday/);
  expect(days[2]?.words).not.toMatch(/2026/);
  expect(days[3]?.words).toMatch(/2025/);
});
