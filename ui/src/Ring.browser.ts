// Who calls is read aloud once: by the window that can be seen, or else by the pop-up.

import { afterEach, expect, test } from "vitest";

import { interrupt } from "./lib/announce.svelte";
import type { State } from "./lib/phone";
import { clear, draw } from "./scripted/mounted";
import { STATES } from "./scripted/states";

afterEach(async () => {
  await clear();
  interrupt("");
});

const LOOK = { theme: "light", language: "en" } as const;

const told = () =>
  document.querySelector('[aria-live="assertive"].unseen')?.textContent?.replace(/[\u2068\u2069]/g, "");

const inTray =
  (answer = "", shortcuts_taken: string[] = []) =>
  (state: State): State => ({
    ...state,
    window: {
      ...state.window,
      in_tray: true,
      shortcuts_taken,
      settings: { ...state.window.settings, shortcuts: { answer, hang_up: "", mute: "" } },
    },
  });

/** A call rings there. */
async function rings(scene: string, change?: (state: State) => State): Promise<void> {
  const script = await draw(scene, LOOK, change);
  await script.view(() => STATES.ringing().view);
}

test.each(["ready", "mini-ready"])("%s tells who calls where it can be seen", async (scene) => {
  await rings(scene);
  await expect.poll(told).toMatch(/^Incoming call from .+\. Control Enter to answer\.$/);
});

test("a window in the tray leaves it to the pop-up", async () => {
  await rings("ready", inTray());
  await expect.poll(() => document.body.textContent).toContain("Answer");
  expect(told()).toBe("");
});

test("the pop-up leaves it to a window that can be seen", async () => {
  await draw("ring-known", LOOK);
  expect(told()).toBe("");
});

test.each<[string, string[], RegExp]>([
  ["", [], /^Incoming call from [^.]+\.$/],
  ["Control+F9", [], /^Incoming call from [^.]+\. Ctrl F9 to answer\.$/],
  ["Control+F9", ["mute"], /^Incoming call from [^.]+\. Ctrl F9 to answer\.$/],
  ["Control+F9", ["answer"], /^Incoming call from [^.]+\.$/],
])("the pop-up tells it from the tray, with the key %j where others have %j", async (key, taken, words) => {
  await draw("ring-known", LOOK, inTray(key, taken));
  await expect.poll(told).toMatch(words);
});

test("a window that goes to the tray while it rings hands it on", async () => {
  const script = await draw("ring-known", LOOK);
  await script.window({ in_tray: true });
  await expect.poll(told).toMatch(/^Incoming call from/);
});
