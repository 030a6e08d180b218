// The page itself in a scripted scene, for tests in a browser.

import "../style/base.css";

import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { userEvent } from "vitest/browser";

import App from "../App.svelte";
import { begin, current } from "../lib/current.svelte";
import { refusal } from "../lib/orders.svelte";
import type { State } from "../lib/phone";
import { place } from "../lib/place.svelte";
import { setLanguage } from "../lib/words.svelte";
import Mini from "../Mini.svelte";
import Ring from "../Ring.svelte";
import { press } from "./press";
import { goTo, SCENES, type Page, type Scene } from "./scenes";
import { perform, type Script } from "./shell";

const PAGES: Record<Page, Component> = { index: App, ring: Ring, mini: Mini };

export type Look = { theme: "light" | "dark"; language: string };

let mounted: ReturnType<typeof mount> | undefined;

/** Draws that scene, in a window that has the focus. */
export async function show(name: string): Promise<Script> {
  await userEvent.click(document.body);
  return draw(name, { theme: "light", language: "en" });
}

/** Draws that scene as it looks with those settings; `change` says what else is so in it. */
export async function draw(
  name: string,
  look: Look,
  change: (state: State) => State = (state) => state,
): Promise<Script> {
  const scene = SCENES[name];
  if (scene === undefined) {
    throw new Error(`There is no scene ${name}`);
  }
  const script = await play(scene.page, change(scene.state()), scene.at, look);
  for (const words of scene.press ?? []) {
    await tick();
    if (!press(words)) {
      throw new Error(`Nothing is called ${words}`);
    }
  }
  await tick();
  return script;
}

/** Draws that page as that state has it, and its user there. */
export async function play(
  page: Page,
  state: State,
  at: Scene["at"],
  look: Look = { theme: "light", language: "en" },
): Promise<Script> {
  const settings = { ...state.window.settings, ...look };
  const script = perform({ ...state, window: { ...state.window, settings } });
  await begin();
  await setLanguage(look.language);
  document.documentElement.dataset["theme"] = look.theme;
  goTo(at);
  mounted = mount(PAGES[page], { target: document.body });
  flushSync();
  inFront();
  return script;
}

/** The window came forward so long ago that its keys are obeyed. */
function inFront(): void {
  const { now } = performance;
  performance.now = () => now.call(performance) - 10_000;
  window.dispatchEvent(new Event("focus"));
  performance.now = now;
}

/** Takes the page away again; to be called after each test. */
export async function clear(): Promise<void> {
  if (mounted !== undefined) {
    await unmount(mounted);
  }
  mounted = undefined;
  current.forgetTold();
  refusal.putAway();
  place.goTo("keypad");
  place.settle();
}
