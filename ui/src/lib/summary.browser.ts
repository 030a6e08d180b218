import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { EndCause, HistoryEntry } from "./phone";
import { causes } from "./phone.samples";
import { summary } from "./summary";
import { plain } from "./unbroken";
import { LANGUAGES, setLanguage } from "./words.svelte";

const entry = (more: Partial<HistoryEntry>): HistoryEntry => ({
  id: 1,
  direction: "incoming",
  number: "700202",
  display_name: null,
  began: 0,
  talked_ms: 372_000,
  cause: { code: "remote" },
  quality: "good",
  answered_after_ms: 3_200,
  poor_ms: 0,
  poor_here_ms: 0,
  ...more,
});

const said = (more: Partial<HistoryEntry>) => plain(summary(entry(more)) ?? "");

afterAll(() => setLanguage("en"));

describe("in English a call", () => {
  beforeAll(() => setLanguage("en"));

  test("is told in a sentence, and so is how it sounded", () => {
    expect(said({})).toBe("Answered after 3 s, 6 min 12 s, ended by the caller.");
    expect(said({ poor_ms: 20_000, poor_here_ms: 20_000 })).toBe(
      "Answered after 3 s, 6 min 12 s, ended by the caller. Sound was poor for 20 s: your network.",
    );
    expect(said({ poor_ms: 80_000 })).toMatch(/ Sound was poor for 1 min 20 s\.$/);
    expect(said({ poor_ms: 20_000, poor_here_ms: 5_000 })).toMatch(
      / Sound was poor for 20 s, 5 s of it: your network\.$/,
    );
  });

  test.each<[Partial<HistoryEntry>, string]>([
    [{ cause: { code: "local" } }, "ended by you."],
    [{ direction: "outgoing" }, "ended by the other side."],
    [{ cause: { code: "link_lost" } }, "then lost."],
    [{ cause: { code: "signed_out" } }, "ended because you signed out."],
    [{ cause: { code: "no_media_path" } }, "ended by a fault."],
    [{ cause: null }, "cut because the phone was closed."],
  ])("ends as it ended: %j", (more, end) => {
    expect(said(more)).toBe(`Answered after 3 s, 6 min 12 s, ${end}`);
  });

  test("of an earlier version is told without what was not noted", () => {
    expect(said({ answered_after_ms: null })).toBe("6 min 12 s of talk, ended by the caller.");
  });

  test("that nobody answered has its end alone", () => {
    expect(summary(entry({ talked_ms: null, answered_after_ms: null }))).toBeNull();
  });
});

test.each(LANGUAGES.map(({ language }) => language))("in %s each has words of its own", async (language) => {
  await setLanguage(language);
  const all: (EndCause | null)[] = [null, ...causes];
  const told = all.flatMap((cause) =>
    [0, 5_000, 20_000].map((poor_here_ms) => said({ cause, poor_ms: 20_000, poor_here_ms })),
  );
  for (const words of [...told, said({ answered_after_ms: null })]) {
    expect(words).toMatch(/\d.*\d/);
    expect(words).not.toMatch(/[{}$]|call-/);
  }
  // Who ended it, and whose network it was, is told apart.
  expect(new Set(told).size).toBe(6 * 3);
});
