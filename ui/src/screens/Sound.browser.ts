import { afterEach, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, show } from "../scripted/mounted";
import { JABRA, LAPTOP_MICROPHONE, NOW } from "../scripted/states/ground";
import type { Command } from "../lib/phone";
import type { Script } from "../scripted/shell";

afterEach(clear);

const group = (name: string) => page.getByRole("region", { name, exact: true });
const watched = (script: Script) =>
  script.asked.filter((it) => it.command === "watch_levels").map((it) => (it.args as { on: boolean }).on);
const set = (script: Script) =>
  script
    .orders()
    .filter((it): it is Extract<Command, { command: "set_sound" }> => it.command === "set_sound")
    .map((it) => it.settings);

test("the devices are asked for anew when somebody looks at them", async () => {
  const script = await show("sound");
  await expect.poll(() => script.orders()).toContainEqual({ command: "devices" });
});

test("levels are asked for while a meter shows them", async () => {
  const script = await show("sound");
  expect(watched(script)).toEqual([]);
  await script.view((view) => ({ ...view, sound: { ...view.sound, capture_open: true } }));
  await expect.poll(() => watched(script)).toEqual([true]);
  await script.view((view) => ({ ...view, sound: { ...view.sound, capture_open: false } }));
  await expect.poll(() => watched(script)).toEqual([true, false]);
});

test("the levels of microphone and speaker are live in a call", async () => {
  const script = await show("sound-in-call");
  await script.levels(-30, -6);
  await expect.element(group("Microphone").getByRole("meter")).toHaveAttribute("aria-valuenow", "50");
  await expect.element(group("Speaker").getByRole("meter")).toHaveAttribute("aria-valuenow", "90");
});

test("the strip below goes on when the panel is left in a call", async () => {
  const script = await show("sound-in-call");
  await expect.poll(() => watched(script)).toEqual([true]);
  await page.getByRole("button", { name: "Back" }).click();
  await expect.element(page.getByRole("button", { name: "Mute" })).toBeVisible();
  expect(watched(script)).toEqual([true]);
});

test("a device that is used becomes the first choice", async () => {
  const script = await show("sound");
  await group("Microphone")
    .getByRole("button", { name: /Prefer .*Built-in Audio/ })
    .click();
  await expect.poll(() => set(script).at(-1)?.microphone).toEqual([LAPTOP_MICROPHONE.id]);
  await group("Microphone")
    .getByRole("button", { name: /Prefer .*Jabra/ })
    .click();
  await expect.poll(() => set(script).at(-1)?.microphone).toEqual([JABRA.id, LAPTOP_MICROPHONE.id]);
  await group("Microphone")
    .getByRole("button", { name: /Move .*Built-in Audio.* up/ })
    .click();
  await expect.poll(() => set(script).at(-1)?.microphone).toEqual([LAPTOP_MICROPHONE.id, JABRA.id]);
  await group("Microphone")
    .getByRole("button", { name: /Remove .*Jabra/ })
    .click();
  await expect.poll(() => set(script).at(-1)?.microphone).toEqual([LAPTOP_MICROPHONE.id]);
});

test("a favourite that is away keeps its place and says so", async () => {
  await show("sound-favourites");
  const list = group("Microphone").getByRole("listitem");
  await expect.element(list.first()).toHaveTextContent("Not plugged in");
  await expect.element(list.nth(1)).toHaveTextContent("In use");
});

test("what cannot be set is said at its place", async () => {
  const script = await show("sound");
  script.refuse("set_sound", "invalid_sound", "microphone has more than 32 ids");
  await group("Microphone")
    .getByRole("button", { name: /Prefer .*Built-in Audio/ })
    .click();
  await expect.element(group("Microphone")).toHaveTextContent("microphone has more than 32 ids");
  await expect.element(group("Speaker")).not.toHaveTextContent("32 ids");
});

test("one change does not take back another that is on its way", async () => {
  const script = await show("sound");
  const echo = page.getByRole("switch", { name: "Echo cancellation" }).element() as HTMLButtonElement;
  const noise = page.getByRole("switch", { name: "Noise reduction" }).element() as HTMLButtonElement;
  echo.click();
  noise.click();
  await expect
    .poll(() => set(script).at(-1))
    .toMatchObject({ echo_cancellation: false, noise_suppression: false });
  expect(script.state().view.sound.settings).toMatchObject({
    echo_cancellation: false,
    noise_suppression: false,
  });
});

test("the ring volume goes by keys and says what it is", async () => {
  const script = await show("sound");
  const slider = page.getByRole("slider", { name: "Ring volume" });
  await expect.element(slider).toHaveAttribute("aria-valuetext", "80\u00a0%");
  slider.element().focus();
  await userEvent.keyboard("{ArrowDown}");
  await expect.poll(() => set(script).at(-1)?.ring_volume).toBe(75);
  await userEvent.keyboard("{Home}");
  await expect.poll(() => set(script).at(-1)?.ring_volume).toBe(0);
  await expect.element(slider).toHaveAttribute("aria-valuetext", "Off");
});

test("the tones of a country are chosen by its name", async () => {
  const script = await show("sound");
  const country = page.getByRole("combobox", { name: "Country of the tones" });
  await expect.element(country).toHaveDisplayValue("India");
  await country.selectOptions("Germany");
  await expect.poll(() => set(script).at(-1)?.country).toBe("DE");
});

test.each([
  ["Speaker", "speaker"],
  ["Ringer", "ringer"],
])("the test of an output is begun and stopped: %s", async (title, output) => {
  const script = await show("sound");
  const button = (name: string) => group(title).getByRole("button", { name });
  await button(`Test the ${output}`).click();
  await expect.poll(() => script.orders()).toContainEqual({ command: "test_output", output });
  await button("Stop the test").click();
  await expect.element(button(`Test the ${output}`)).toBeEnabled();
});

test("outputs are not tested in a call", async () => {
  await show("sound-in-call");
  await expect.element(page.getByRole("button", { name: "Test the speaker" })).toBeDisabled();
  await expect.element(page.getByRole("button", { name: "Test the ringer" })).toBeDisabled();
});

test("a test that is refused says why", async () => {
  const script = await show("sound");
  script.refuse("test_output", "check_runs", "A sound check is running");
  await page.getByRole("button", { name: "Test the ringer" }).click();
  await expect.element(group("Ringer")).toHaveTextContent("A sound check is running. Wait until it is over.");
});

describe("the sound check", () => {
  test("asks to speak, and gives its verdict", async () => {
    const script = await show("sound");
    await page.getByRole("button", { name: "Check my microphone" }).click();
    await expect.poll(() => script.orders()).toContainEqual({ command: "sound_check" });
    await expect.element(group("Sound check")).toHaveTextContent("Speak now, as you do in a call…");
    await expect.element(page.getByRole("button", { name: "Check my microphone" })).toBeDisabled();
    await script.view((view) => ({
      ...view,
      sound: { ...view.sound, check: { state: "done", verdict: "very_quiet", words: "", at: NOW } },
    }));
    await expect
      .element(group("Sound check"))
      .toHaveTextContent("Very quiet: raise the microphone in the sound settings");
    await expect.element(page.getByRole("button", { name: "Check again" })).toBeEnabled();
  });

  test.each([
    ["good", "Sounds good"],
    ["silent", "We hear nothing from your headset. Is its mute switch on?"],
    ["clipped", "Too loud: move the microphone away from your mouth"],
    ["noisy", "Noisy: callers will hear what is around you"],
    ["built-in", "Your laptop's microphone is in use, not the headset"],
    ["bluetooth", "Bluetooth hands-free: callers will hear narrow sound."],
    ["none", "No microphone was found. Is your headset plugged in?"],
  ])("says what it found: %s", async (verdict, words) => {
    await show(`sound-verdict-${verdict}`);
    await expect.element(group("Sound check")).toHaveTextContent(words);
  });

  test("that is refused says why", async () => {
    const script = await show("sound");
    script.refuse("sound_check", "in_call", "There is a call: sound can be checked when it is over");
    await page.getByRole("button", { name: "Check my microphone" }).click();
    await expect
      .element(group("Sound check"))
      .toHaveTextContent("The check can begin when your call is over.");
  });

  test("waits for a microphone, and says so", async () => {
    const script = await show("sound-none");
    const button = page.getByRole("button", { name: "Check my microphone" });
    await expect.element(button).toBeDisabled();
    await expect
      .element(group("Sound check"))
      .toHaveTextContent("No microphone was found. Plug in a headset.");
    await script.view((view) => ({
      ...view,
      sound: {
        ...view.sound,
        devices: [LAPTOP_MICROPHONE],
        microphone_fault: { why: "busy", device: LAPTOP_MICROPHONE.name },
      },
    }));
    await expect.element(button).toBeEnabled();
    await expect.element(group("Sound check")).not.toHaveTextContent("Plug in a headset");
  });

  test("waits for the end of a call", async () => {
    await show("sound-in-call");
    await expect.element(page.getByRole("button", { name: "Check my microphone" })).toBeDisabled();
    await expect
      .element(group("Sound check"))
      .toHaveTextContent("The check can begin when your call is over.");
  });
});

test.each([
  ["sound-none", "No microphone was found. Plug in a headset."],
  ["sound-no-speaker", "No speaker was found. Plug in a headset."],
  ["sound-unasked", "Looking for devices…"],
])("%s is told in words", async (scene, words) => {
  await show(scene);
  await expect.element(page.getByRole("main")).toHaveTextContent(words);
});

test("no button leads to where its user is already", async () => {
  await show("sound-none");
  await expect.element(page.getByText("No microphone was found. Plug in a headset.").first()).toBeVisible();
  expect(page.getByRole("button", { name: "Change" }).elements()).toEqual([]);
  await page.getByRole("button", { name: "Back" }).click();
  await expect.element(page.getByRole("button", { name: "Change" })).toBeVisible();
});

test("what the organisation has set is locked and says so", async () => {
  await show("sound-locked");
  for (const control of page.getByRole("switch").elements()) {
    expect(control).toBeDisabled();
    expect(control).toHaveAccessibleDescription(/Set by your organisation/);
  }
  await expect.element(page.getByRole("slider")).toBeDisabled();
  await expect.element(page.getByRole("combobox")).toBeDisabled();
  await expect.element(page.getByRole("button", { name: /^Prefer / })).not.toBeInTheDocument();
});
