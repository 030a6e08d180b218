// The first run: asked once, in nobody's way.

import { afterEach, expect, test } from "vitest";
import { page } from "vitest/browser";

import type { Command, SetWindow } from "../lib/phone";
import { clear, draw, show } from "../scripted/mounted";
import type { Script } from "../scripted/shell";
import { STATES } from "../scripted/states";
import { JABRA, LAPTOP_MICROPHONE, NOW } from "../scripted/states/ground";

afterEach(clear);

const title = () => page.getByRole("heading", { name: "Choose your headset." });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const set = (script: Script) =>
  script
    .orders()
    .filter((it): it is Extract<Command, { command: "set_sound" }> => it.command === "set_sound")
    .map((it) => it.settings);
const asked = (script: Script) =>
  script.asked
    .filter((it) => it.command === "set_window")
    .map((it) => (it.args as SetWindow).settings.headset_asked);

test("whoever goes on prefers the headset that was picked, and is not asked again", async () => {
  const script = await show("headset");
  await expect.element(title()).toBeVisible();
  await expect.poll(() => script.orders()).toContainEqual({ command: "devices" });
  await button("Continue").click();
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
  expect(set(script).at(-1)).toMatchObject({ microphone: [JABRA.id], speaker: [JABRA.id], ringer: [] });
  expect(asked(script)).toEqual([true]);

  await script.view(() => STATES["signed-out-by-user"]().view);
  await expect.element(page.getByLabelText("Email or user")).toBeVisible();
  await script.view(() => STATES["ready-first-day"]().view);
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
});

test("whoever skips it has chosen nothing, and is not asked again", async () => {
  const script = await show("headset");
  await button("Skip").click();
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
  await expect.element(page.getByRole("main")).toHaveFocus();
  expect(set(script)).toEqual([]);
  expect(asked(script)).toEqual([true]);
});

test("what the laptop brings along is used, not preferred to a headset that comes later", async () => {
  const script = await show("headset-laptop");
  await button("Continue").click();
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
  expect(set(script)).toEqual([]);
});

test("another device can be chosen, which ends nothing", async () => {
  const script = await show("headset");
  await page.getByRole("combobox", { name: "Microphone" }).selectOptions("Built-in Audio");
  await expect.poll(() => set(script).at(-1)?.microphone).toEqual([LAPTOP_MICROPHONE.id]);
  await expect.element(title()).toBeVisible();
});

test("its user says hello, sees the level move, and reads how that was heard", async () => {
  const script = await show("headset");
  const check = page.getByRole("region", { name: "Sound check" });
  await expect.element(check).toHaveTextContent("Speak for three seconds, then hear what callers hear.");
  // No microphone is open before.
  await expect.element(page.getByRole("meter")).not.toBeInTheDocument();
  await button("Say hello").click();
  await expect.poll(() => script.orders()).toContainEqual({ command: "sound_check" });
  await script.levels(-30, -60);
  await expect.element(page.getByRole("meter")).toHaveAttribute("aria-valuenow", "50");
  await script.view((view) => ({
    ...view,
    sound: {
      ...view.sound,
      capture_open: false,
      check: { state: "done", verdict: "good", words: "", at: NOW },
    },
  }));
  await expect.element(check).toHaveTextContent("Sounds good");
  await expect.element(page.getByRole("meter")).not.toBeInTheDocument();
});

test("a call comes before it, and it is there again after that", async () => {
  const script = await show("headset");
  await script.view((view) => ({ ...view, calls: STATES.ringing().view.calls }));
  await expect.element(button("Answer")).toHaveFocus();
  await expect.element(title()).not.toBeInTheDocument();
  await script.view((view) => ({ ...view, calls: [] }));
  await expect.element(title()).toBeVisible();
});

test("who has chosen a device before is not asked", async () => {
  await draw("headset", { theme: "light", language: "en" }, (state) => {
    const { sound } = state.view;
    const settings = { ...sound.settings, speaker: [JABRA.id] };
    return { ...state, view: { ...state.view, sound: { ...sound, settings } } };
  });
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
});

test("a phone that nobody signs in to asks nobody", async () => {
  await draw("headset", { theme: "light", language: "en" }, (state) => ({
    ...state,
    view: STATES.fallback().view,
  }));
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
});

test("what cannot be kept is told, and nobody is held up by it", async () => {
  const script = await show("headset");
  script.refuse("set_sound", "invalid_sound", "microphone has more than 32 ids");
  await button("Continue").click();
  await expect.element(page.getByRole("region", { name: "Used in calls" })).toHaveTextContent("32 ids");
  script.refuse("set_window", "too_many_requests", "That was too much at once");
  await button("Skip").click();
  await expect
    .element(page.getByRole("main").getByRole("alert"))
    .toHaveTextContent("That was too much at once. Try again in a moment.");
  await button("Skip").click();
  await expect.element(title()).not.toBeInTheDocument();
});

test("devices of the organisation stay as they are", async () => {
  const script = await show("headset-locked");
  await expect.element(page.getByRole("combobox", { name: "Microphone" })).toBeDisabled();
  await button("Continue").click();
  await expect.element(page.getByLabelText("Name or number")).toBeVisible();
  expect(set(script)).toEqual([]);
});

test.each([
  ["headset-unasked", "Looking for devices…"],
  ["headset-none", "No microphone was found. Plug in a headset."],
])("%s is told in words", async (scene, words) => {
  await show(scene);
  await expect.element(page.getByRole("main")).toHaveTextContent(words);
});
