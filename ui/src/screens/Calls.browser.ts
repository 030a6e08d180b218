import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";

import { LANGUAGES } from "../lib/words.svelte";
import { clear, draw, show } from "../scripted/mounted";
import { LEAST } from "../scripted/scenes";
import { STATES } from "../scripted/states";

afterEach(async () => {
  await clear();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("an incoming call is told at once and its Answer has the focus", async () => {
  const script = await show("ready");
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toHaveFocus();
  await expect
    .poll(() =>
      document.querySelector('[aria-live="assertive"]')?.textContent?.replace(/[\u2068\u2069]/g, ""),
    )
    .toBe("Incoming call from Amit Sharma. Control Enter to answer.");
});

test("a key that was meant for something else does not answer", async () => {
  const script = await show("ready");
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toHaveFocus();
  await userEvent.keyboard(" ");
  expect(script.orders()).toEqual([]);
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
});

test("in a window without the focus Answer does not take it", async () => {
  const script = await show("ready");
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toBeVisible();
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).not.toHaveFocus();
});

/** A press where this button is, whatever lies there. */
const pressAt = (name: string) => page.getByRole("button", { name, exact: true }).click({ force: true });

describe("a second press on Answer or Decline reaches nothing, one after a moment does", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });

  test("in the window", async () => {
    const script = await show("ringing");
    await pressAt("Answer");
    await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
    await expect.element(page.getByRole("button", { name: "Hang up" })).toBeVisible();
    vi.advanceTimersByTime(699);
    await pressAt("Hang up");
    expect(script.orders()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await pressAt("Hang up");
    await expect.poll(() => script.orders()).toContainEqual({ command: "hang_up", call: 7 });
  });

  test("in the pop-up, of a call that was answered by itself", async () => {
    const script = await show("ring-auto");
    await script.view(() => STATES["answered-itself"]().view);
    await expect.element(page.getByRole("button", { name: "Hang up" })).toBeVisible();
    vi.advanceTimersByTime(699);
    await pressAt("Hang up");
    expect(script.orders()).toEqual([]);
    vi.advanceTimersByTime(1);
    await pressAt("Hang up");
    await expect.poll(() => script.orders()).toEqual([{ command: "hang_up", call: 7 }]);
  });

  test("in the bar, where Hold comes to where Answer was", async () => {
    const script = await show("mini-ringing");
    await pressAt("Answer");
    await expect.poll(() => script.orders()).toHaveLength(1);
    await expect.element(page.getByRole("button", { name: "Hold" })).toBeVisible();
    vi.advanceTimersByTime(699);
    await pressAt("Hold");
    await pressAt("Mute");
    expect(script.orders()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await pressAt("Hold");
    await expect.poll(() => script.orders()).toContainEqual({ command: "hold", call: 7 });
  });

  test("in the bar, where Hang up comes to where Decline was", async () => {
    const script = await show("mini-talking");
    const { view } = STATES["second-call"]();
    await script.view(() => view);
    await pressAt("Decline");
    await expect.poll(() => script.orders()).toEqual([{ command: "hang_up", call: 8 }]);
    await expect.element(page.getByRole("button", { name: "Hang up" })).toBeVisible();
    await pressAt("Hang up");
    expect(script.orders()).toHaveLength(1);
  });

  test("but where no call rang, Hang up does so at once", async () => {
    const script = await show("talking");
    await pressAt("Hang up");
    await expect.poll(() => script.orders()).toEqual([{ command: "hang_up", call: 7 }]);
  });

  test("and its keys do so at once", async () => {
    const script = await show("ringing");
    await pressAt("Answer");
    await expect.element(page.getByRole("button", { name: "Hang up" })).toBeVisible();
    await userEvent.keyboard("{Control>}{Shift>}{Backspace}{/Shift}{/Control}");
    await expect.poll(() => script.orders()).toContainEqual({ command: "hang_up", call: 7 });
  });
});

test("on another page the focus stays where it is when it rings", async () => {
  const script = await show("ready");
  await page.getByLabelText("Name or number").fill("70");
  await page.getByRole("button", { name: "History" }).click();
  await page.getByRole("button", { name: "History" }).element().focus();
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toBeVisible();
  await expect.element(page.getByRole("button", { name: "History" })).toHaveFocus();
});

test("the ring of a call is muted, and the call waits for its answer", async () => {
  const script = await show("ringing");
  await page.getByRole("button", { name: "Mute ring" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "silence", call: 7 }]);
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("The ring is muted");
  await expect.element(page.getByRole("button", { name: "Mute ring" })).not.toBeInTheDocument();
  await expect.element(main).toHaveFocus();
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toBeVisible();
});

test("a call that still rings there waits beside another, says so, and can be turned back to", async () => {
  const script = await show("two-calls-one-ringing");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("Ringing…");
  await expect.element(main).not.toHaveTextContent("On hold");
  await page.getByRole("button", { name: "Switch" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "resume", call: 7 }]);
});

test("a second call is muted, the first one is not", async () => {
  const script = await show("second-call");
  await page.getByRole("button", { name: "Mute ring" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "silence", call: 8 }]);
});

test.each(["ringing-auto", "ringing-off"])("%s rings for nobody", async (scene) => {
  await show(scene);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toBeVisible();
  expect(page.getByRole("button", { name: "Mute ring" }).elements()).toEqual([]);
});

test("the small window mutes the ring, too", async () => {
  const script = await show("ring-known");
  await page.getByRole("button", { name: "Mute ring" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "silence", call: 7 }]);
  await expect.element(page.getByText("The ring is muted").first()).toBeVisible();
});

test("names and numbers of others are text and nothing else", async () => {
  await show("talking-hostile");
  const heading = page.getByRole("heading", { level: 1 }).element();
  expect(heading.textContent).toContain("<img src=x onerror=alert(1)>");
  expect(document.body.querySelectorAll("img, script, [onerror]")).toHaveLength(0);
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(window.innerWidth);
});

test("the call goes on in a bar while another page is open", async () => {
  const script = await show("talking");
  await page.getByRole("button", { name: "History" }).click();
  await page.getByRole("button", { name: "Mute" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "mute", call: 7 }]);
  await page.getByRole("button", { name: /Show the call/ }).click();
  await expect.element(page.getByRole("button", { name: "Hold" })).toBeVisible();
});

test("where the own network is in the way, it is said what helps, and else not", async () => {
  const script = await show("talking-poor");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("Poor – your network");
  await expect.element(main).toHaveTextContent("Move closer to your Wi-Fi or use a cable.");
  await script.view((view) => ({ ...view, calls: view.calls.map((it) => ({ ...it, quality: "poor" })) }));
  await expect.element(main).not.toHaveTextContent("Move closer");
});

test("of a call without sound nobody says that it sounds good", async () => {
  const script = await show("talking");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("Sound quality: Good");
  await script.view(() => STATES.interrupted().view);
  await expect.element(main).toHaveTextContent("Reconnecting your call…");
  await expect.element(main).not.toHaveTextContent("Sound quality");
});

test("a call that came back says how much was lost", async () => {
  const script = await show("interrupted");
  await expect.element(page.getByText("Reconnecting your call… 12 s left. Stay on the line.")).toBeVisible();
  await script.happened({ type: "call.recovered", call: 7, after_ms: 4_200 });
  await script.view(() => STATES.talking().view);
  await expect.element(page.getByText("You are back. 4 s were lost.")).toBeVisible();
});

test.for([
  ["one-way-in", "You cannot hear them", "Nothing arrives from the server."],
  ["one-way-out", "They cannot hear you", "Packets leave but do not arrive."],
] as const)("%s is told, and repaired at a press", async ([state, title, line]) => {
  const script = await show(state);
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent(`${title} ${line}`);
  await expect.element(main).toHaveTextContent("Sound quality: Poor");
  await main.getByRole("button", { name: "Repair" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "repair", call: 7 }]);
  await expect.element(main.getByText("Repairing the sound…")).toBeVisible();
  await expect.element(main).not.toHaveTextContent(title);
  expect(page.getByRole("button", { name: "Repair" }).elements()).toEqual([]);
});

test("where neither side hears the other, one repair is for both", async () => {
  await show("one-way-both");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("You cannot hear them They cannot hear you Repair");
  expect(page.getByRole("button", { name: "Repair" }).elements()).toHaveLength(1);
});

test("another call can be added where more than one is allowed", async () => {
  const script = await show("talking");
  expect(page.getByRole("button", { name: "Add call" }).elements()).toEqual([]);
  await script.view((view) => ({ ...view, call_settings: { ...view.call_settings, max_calls: 2 } }));
  await page.getByRole("button", { name: "Add call" }).click();
  const sheet = page.getByRole("dialog", { name: "Add call" });
  await sheet.getByLabelText("Name or number").fill("700202");
  await sheet.getByRole("button", { name: "Call", exact: true }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "dial", target: "700202" }]);
  await expect.element(page.getByText(/on hold/)).toBeVisible();
  expect(page.getByRole("dialog").elements()).toEqual([]);
});

test("of two calls that ring either can be answered, and nobody is told to be put on hold", async () => {
  const script = await show("two-ringing");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent("Käthe Brückner");
  await expect.element(main).not.toHaveTextContent("puts the current caller on hold");
  expect(page.getByRole("button", { name: "Hang up" }).elements()).toEqual([]);
  const answers = main.getByRole("button", { name: "Answer", exact: true });
  expect(answers.elements()).toHaveLength(2);
  // The one that came first has the focus and the room.
  await expect.element(answers.last()).toHaveFocus();
  await answers.first().click();
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 8 }]);
});

test("with the keypad open, digits for a field are text and no tones", async () => {
  const script = await show("talking");
  await script.view((view) => ({ ...view, call_settings: { ...view.call_settings, max_calls: 2 } }));
  await page.getByRole("button", { name: "Keypad", exact: true }).click();
  await page.getByRole("button", { name: "Add call" }).click();
  const field = page.getByRole("dialog", { name: "Add call" }).getByLabelText("Name or number");
  await field.click();
  await userEvent.keyboard("700202");
  await expect.element(field).toHaveValue("700202");
  expect(script.orders()).toEqual([]);
});

test("with the keypad open, what is typed while something is asked is no tone", async () => {
  const script = await show("talking");
  await page.getByRole("button", { name: "Keypad", exact: true }).click();
  await script.window({ quit_asked: true });
  await userEvent.keyboard("5");
  await script.window({ quit_asked: false });
  await userEvent.keyboard("6");
  await expect.poll(() => script.orders()).toContainEqual({ command: "dtmf", call: 7, digits: "6" });
  expect(script.orders()).not.toContainEqual({ command: "dtmf", call: 7, digits: "5" });
});

test("the keypad is seen whole in a low window in which something is told", async () => {
  await page.viewport(360, 600);
  const script = await show("talking");
  await script.window({
    complaints: ["The settings could not be written: no space is left on the device. ".repeat(2)],
  });
  await page.getByRole("button", { name: "Keypad", exact: true }).click();
  const zero = page.getByRole("button", { name: /^0/ }).element().getBoundingClientRect();
  const end = page.getByRole("button", { name: "Hang up" }).element().getBoundingClientRect();
  expect(zero.bottom).toBeLessThanOrEqual(end.top);
});

describe("two calls are seen whole in the least window, and in one as low and wider", () => {
  const scenes = ["two-calls", "two-calls-one-ringing", "second-call", "two-on-hold", "two-calls-one-way"];

  test.each(LANGUAGES.flatMap(({ language }) => scenes.map((scene) => [scene, language] as const)))(
    "%s in %s",
    async (scene, language) => {
      await draw(scene, { theme: "light", language });
      const main = page.getByRole("main").element();
      for (const width of [LEAST.index[0], 360, 480]) {
        await page.viewport(width, LEAST.index[1]);
        expect(main.scrollHeight, `at ${width}`).toBeLessThanOrEqual(main.clientHeight);
      }
    },
  );
});

test.each(LANGUAGES.map(({ language }) => language))(
  "in %s mute and hold stay while another call rings and something is told, in the least window too",
  async (language) => {
    await draw("second-call-told", { theme: "light", language });
    for (const [width, height] of [LEAST.index, [360, 600]] as const) {
      await page.viewport(width, height);
      for (const keys of ["M", "H", "Control+Shift+Backspace"]) {
        const button = Array.from(document.querySelectorAll(`main [aria-keyshortcuts="${keys}"]`)).at(-1);
        const { left, right, top, bottom } = (button as Element).getBoundingClientRect();
        for (const y of [top + 2, bottom - 2]) {
          const hit = document.elementFromPoint((left + right) / 2, y);
          expect(button?.contains(hit), `${keys} at ${width}`).toBe(true);
        }
      }
    }
  },
);

test("what can be done with a call does not go under Hang up in the least window in which something is told", async () => {
  await page.viewport(...LEAST.index);
  const script = await show("one-way-both");
  await script.window({
    complaints: ["The settings could not be written: no space is left on the device. ".repeat(2)],
  });
  await expect.element(page.getByText("no space is left").first()).toBeVisible();
  const box = (name: string) => page.getByRole("button", { name }).element().getBoundingClientRect();
  for (const name of ["Mute", "Hold", "Keypad"]) {
    expect(box(name).bottom, name).toBeLessThanOrEqual(box("Hang up").top);
  }
});
