// Everything that can be seen can be read, reached and told apart: no scene has a violation in any look. And nothing moves for whoever wants that.

import axe from "axe-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cdp, page } from "vitest/browser";

import { clear, draw, type Look } from "./mounted";
import { faint, moving, unbordered } from "./room";
import { DISTINCT } from "./scenes";

type Feature = { name: string; value: string };

/** Nothing moves while it is looked at. */
const STILL: Feature = { name: "prefers-reduced-motion", value: "reduce" };

const LOOKS: Record<string, Look & { features: Feature[] }> = {
  light: { theme: "light", language: "en", features: [STILL] },
  dark: { theme: "dark", language: "en", features: [STILL] },
  "more contrast": {
    theme: "light",
    language: "en",
    features: [STILL, { name: "prefers-contrast", value: "more" }],
  },
  "more contrast in the dark": {
    theme: "dark",
    language: "en",
    features: [STILL, { name: "prefers-contrast", value: "more" }],
  },
  "forced colours": {
    theme: "dark",
    language: "en",
    features: [STILL, { name: "forced-colors", value: "active" }],
  },
  Arabic: { theme: "light", language: "ar", features: [STILL] },
};

const emulate = (features: Feature[]) =>
  (cdp() as unknown as { send: (method: string, params: unknown) => Promise<unknown> }).send(
    "Emulation.setEmulatedMedia",
    { features },
  );

beforeAll(async () => {
  await page.viewport(360, 600);
  document.title = "Helix Phone";
});
afterEach(clear);
afterAll(() => emulate([]));

describe.each(Object.entries(LOOKS))("%s", (kind, look) => {
  beforeAll(() => emulate(look.features));

  test.each(DISTINCT)("%s", async (name) => {
    await draw(name, look);
    // What moves does so in every look.
    if (kind === "light") {
      expect(moving()).toEqual([]);
    }
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const told = violations.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`),
    );
    expect(told).toEqual([]);
    if (matchMedia("(forced-colors: active)").matches) {
      expect(unbordered()).toEqual([]);
    } else {
      expect(faint()).toEqual([]);
    }
  });
});

test.each(["ringing", "menu", "more"])("who does not ask for stillness sees %s move", async (name) => {
  await emulate([]);
  await draw(name, { theme: "light", language: "en" });
  expect(moving()).not.toEqual([]);
});
