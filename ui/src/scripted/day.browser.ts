// A page that stays open for a day of calls.

import { tick } from "svelte";
import { afterEach, expect, test, vi } from "vitest";

import { current } from "../lib/current.svelte";
import type { PhoneView } from "../lib/phone";
import { place } from "../lib/place.svelte";
import { clear, show } from "./mounted";
import { STATES, type Name } from "./states";

/** What Tauri's own functions ask. */
type Shell = { __TAURI_INTERNALS__: { invoke: (command: string) => Promise<unknown> } };

const CALLS = 100;

/** After so many calls all that is made once is there. */
const FIRST = 10;

afterEach(async () => {
  await clear();
  vi.restoreAllMocks();
});

test("a hundred calls leave nothing behind in the page", async () => {
  const script = await show("ready");
  const { __TAURI_INTERNALS__: internals } = window as unknown as Shell;
  const invoke = vi.spyOn(internals, "invoke");
  const asked = (command: string) => invoke.mock.calls.filter(([it]) => it === command).length;
  const made = {
    listeners: [vi.spyOn(window, "addEventListener"), vi.spyOn(window, "removeEventListener")],
    documents: [vi.spyOn(document, "addEventListener"), vi.spyOn(document, "removeEventListener")],
    timers: [vi.spyOn(window, "setInterval"), vi.spyOn(window, "clearInterval")],
  } as const;
  const left = () => ({
    ...Object.fromEntries(
      Object.entries(made).map(([name, [made, ended]]) => [
        name,
        made.mock.calls.length - ended.mock.calls.length,
      ]),
    ),
    events: asked("plugin:event|listen") - asked("plugin:event|unlisten"),
    elements: document.querySelectorAll("*").length,
    told: current.told.length,
  });

  let afterFirst: ReturnType<typeof left> | undefined;
  for (let call = 1; call <= CALLS; call += 1) {
    await script.view(() => of("ringing", call));
    await script.view(() => of("talking", call));
    await script.happened({ type: "call.recovered", call, after_ms: 4_200 });
    await script.happened({ type: "call.turned_away", from: "700203" });
    // Its meter has the levels told.
    place.open("connection");
    await tick();
    place.back();
    place.toggleKeypad();
    await tick();
    await script.view(() => STATES["ended-remote"]().view);
    await tick();
    if (call === FIRST) {
      await expect.poll(() => left().events).toBe(0);
      afterFirst = left();
    }
  }
  await expect.poll(left).toEqual(afterFirst);
  expect(asked("plugin:event|listen")).toBeGreaterThanOrEqual(CALLS);
});

function of(state: Name, call: number): PhoneView {
  const { view } = STATES[state]();
  return { ...view, calls: view.calls.map((it) => ({ ...it, call })) };
}
