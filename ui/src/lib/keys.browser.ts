import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, show } from "../scripted/mounted";
import type { Script } from "../scripted/shell";
import { STATES, type Name } from "../scripted/states";
import { typed } from "./typed.svelte";

let now = 0;

/** The page in that state, its window in front for longer than the guard. */
async function stands(name: Name): Promise<Script> {
  const script = await show(name);
  now += 10_000;
  return script;
}

beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(async () => {
  await clear();
  typed.number = "";
  vi.restoreAllMocks();
});

test.each<[Name, string, object[]]>([
  ["ringing", "{Control>}{Enter}{/Control}", [{ command: "answer", call: 7 }]],
  ["ringing", "{Control>}{Shift>}{Backspace}{/Shift}{/Control}", [{ command: "hang_up", call: 7 }]],
  ["talking", "{Control>}{Shift>}{Backspace}{/Shift}{/Control}", [{ command: "hang_up", call: 7 }]],
  ["talking", "{Control>}{Enter}{/Control}", []],
  ["second-call", "{Control>}{Shift>}{Backspace}{/Shift}{/Control}", [{ command: "hang_up", call: 8 }]],
  ["talking", "m", [{ command: "mute", call: 7 }]],
  ["muted", "m", [{ command: "unmute", call: 7 }]],
  ["talking", "h", [{ command: "hold", call: 7 }]],
  ["on-hold", "h", [{ command: "resume", call: 7 }]],
  ["calling", "h", []],
  ["ringing", "m", [{ command: "silence", call: 7 }]],
  ["ringing-silenced", "m", []],
  ["two-ringing", "{Control>}{Enter}{/Control}", [{ command: "answer", call: 7 }]],
  ["two-ringing", "m", [{ command: "silence", call: 7 }]],
  ["two-ringing", "h", []],
  ["two-on-hold", "h", [{ command: "resume", call: 7 }]],
  ["two-calls-one-ringing", "h", [{ command: "hold", call: 8 }]],
  ["two-on-hold", "{Control>}{Shift>}{Backspace}{/Shift}{/Control}", [{ command: "hang_up", call: 7 }]],
  ["second-call", "m", [{ command: "mute", call: 7 }]],
  ["talking", "{Escape}", []],
  ["talking", "{Control>}m{/Control}", []],
  ["talking", "5", []],
  ["talking", "d+", []],
  ["talking", "d5", [{ command: "dtmf", call: 7, digits: "5" }]],
])("%s: %s orders %j", async (name, keys, orders) => {
  const script = await stands(name);
  await userEvent.keyboard(keys);
  await expect.poll(() => script.orders()).toEqual(orders);
});

test.each<[Name, Name]>([
  ["wrap-up", "queue-ready"],
  ["wrap-up", "talking"],
  ["ringing", "talking"],
  ["signed-out-by-user", "ready"],
])("%s has no keypad to unfold, and %s comes without one", async (name, next) => {
  const script = await stands(name);
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("d");
  await script.view(() => STATES[next]().view);
  await expect.element(page.getByRole("button", { name: /keypad/i }).first()).toBeVisible();
  expect(document.querySelector(".keypad")).toBeNull();
});

test("letters that are typed into a field are text", async () => {
  const script = await stands("ready");
  const field = document.querySelector("input");
  field?.focus();
  await userEvent.keyboard("mhd");
  expect(field?.value).toBe("mhd");
  expect(script.orders()).toEqual([]);
});

test("what is typed right after the window came forward was meant for another", async () => {
  const script = await stands("ringing");
  window.dispatchEvent(new Event("focus"));
  now += 699;
  await userEvent.keyboard("{Control>}{Enter}{/Control}");
  expect(script.orders()).toEqual([]);
  now += 2;
  await userEvent.keyboard("{Control>}{Enter}{/Control}");
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
});

test("a digit that is typed right after the window came forward is no tone", async () => {
  const script = await stands("talking");
  await userEvent.keyboard("d");
  window.dispatchEvent(new Event("focus"));
  now += 699;
  await userEvent.keyboard("5");
  now += 2;
  await userEvent.keyboard("6");
  await expect.poll(() => script.orders()).toEqual([{ command: "dtmf", call: 7, digits: "6" }]);
});

test.each(["{Enter}", " "])("%j right after the window came forward does not press Answer", async (key) => {
  const script = await stands("ringing");
  const answer = document.querySelector<HTMLElement>("[aria-keyshortcuts='Control+Enter']");
  answer?.focus();
  window.dispatchEvent(new Event("focus"));
  now += 699;
  await userEvent.keyboard(key);
  expect(script.orders()).toEqual([]);
  now += 2;
  await userEvent.keyboard(key);
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
});

test("text that is typed right after the window came forward is taken by its field", async () => {
  await stands("ready");
  const field = document.querySelector("input");
  field?.focus();
  window.dispatchEvent(new Event("focus"));
  await userEvent.keyboard("70");
  expect(field?.value).toBe("70");
});

test("digits that are typed while nothing is being typed go into the field that dials", async () => {
  const script = await stands("ready-first-day");
  const field = document.querySelector("input");
  expect(document.activeElement).not.toBe(field);
  await userEvent.keyboard("{Control>}7{/Control}");
  expect(document.activeElement).not.toBe(field);
  await script.window({ quit_asked: true });
  await userEvent.keyboard("7");
  await script.window({ quit_asked: false });
  await userEvent.keyboard("+70*0#");
  expect(document.activeElement).toBe(field);
  expect(field?.value).toBe("+70*0#");
  await userEvent.keyboard("{Enter}");
  await expect.poll(() => script.orders()).toHaveLength(1);
});

test("a digit that is typed while it rings goes nowhere", async () => {
  const script = await stands("ready");
  await script.view(() => STATES.ringing().view);
  await userEvent.keyboard("7");
  await script.view(() => STATES.ready().view);
  expect(document.querySelector("input")?.value).toBe("");
  expect(document.activeElement).not.toBe(document.querySelector("input"));
});

test("a ring that takes the place of a field takes no keys from the hand that types", async () => {
  const script = await stands("ready");
  document.querySelector("input")?.focus();
  await userEvent.keyboard("70");
  await script.view(() => STATES.ringing().view);
  const answer = () => document.querySelector<HTMLElement>("[aria-keyshortcuts='Control+Enter']");
  await expect.poll(answer).not.toBeNull();
  expect(document.activeElement).toBe(document.querySelector("main"));
  // However long it goes on, it neither mutes the ring nor answers; keys that nobody types do.
  for (const key of ["m", "h", "{Enter}", " "]) {
    now += 699;
    await userEvent.keyboard(key);
  }
  expect(script.orders()).toEqual([]);
  await userEvent.keyboard("{Control>}{Enter}{/Control}");
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
});

test("a ring that takes back a sheet takes no keys from the hand that types there", async () => {
  const script = await show("talking-add");
  now += 10_000;
  await expect.poll(() => document.activeElement?.tagName).toBe("INPUT");
  await userEvent.keyboard("70");
  await script.view(() => STATES["second-call"]().view);
  await expect.element(page.getByRole("dialog")).not.toBeInTheDocument();
  now += 699;
  await userEvent.keyboard("m");
  now += 699;
  await userEvent.keyboard("h");
  expect(script.orders()).toEqual([]);
  now += 701;
  await userEvent.keyboard("m");
  await expect.poll(() => script.orders()).toEqual([{ command: "mute", call: 7 }]);
});

test("a field that has the focus and is not typed into leaves it to Answer", async () => {
  const script = await stands("ready");
  document.querySelector("input")?.focus();
  await userEvent.keyboard("70");
  now += 701;
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toHaveFocus();
  now += 701;
  await userEvent.keyboard("{Enter}");
  await expect.poll(() => script.orders()).toEqual([{ command: "answer", call: 7 }]);
});

test("after a rest the hand that typed into a field means what is there now", async () => {
  const script = await stands("ready");
  document.querySelector("input")?.focus();
  await userEvent.keyboard("70");
  await script.view(() => STATES.ringing().view);
  await expect.element(page.getByRole("button", { name: "Answer", exact: true })).toBeVisible();
  now += 701;
  await userEvent.keyboard("m");
  await expect.poll(() => script.orders()).toEqual([{ command: "silence", call: 7 }]);
});

test("F6 goes through header, lights, body, sound strip and tabs, and comes around", async () => {
  await stands("ready");
  (document.activeElement as HTMLElement).blur();
  const zones: (Element | null | undefined)[] = [];
  for (let step = 0; step < 6; step += 1) {
    await userEvent.keyboard("{F6}");
    zones.push(document.activeElement?.closest("[data-zone]"));
  }
  expect(zones.slice(0, 5)).toEqual(
    ["header", "button", "main", "button", "nav"].map((tag) => expect.toSatisfy((it) => it.matches(tag))),
  );
  expect(new Set(zones).size).toBe(5);
  expect(zones[5]).toBe(zones[0]);
  await userEvent.keyboard("{Shift>}{F6}{/Shift}");
  expect(document.activeElement?.closest("nav")).not.toBeNull();
});
