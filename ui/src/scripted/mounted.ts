// The page itself in a scripted state, for tests in a browser.

import "../style/base.css";

import { flushSync, mount, unmount, type Component } from "svelte";
import { userEvent } from "vitest/browser";

import App from "../App.svelte";
import { begin } from "../lib/current.svelte";
import { refusal } from "../lib/orders.svelte";
import { place } from "../lib/place.svelte";
import { setLanguage } from "../lib/words.svelte";
import { perform, type Script } from "./shell";
import { STATES, type Name } from "./states";

let mounted: ReturnType<typeof mount> | undefined;

/** Draws the page in that state, in a window that has the focus. */
export async function show(name: Name, page: Component = App): Promise<Script> {
  await userEvent.click(document.body);
  const script = perform(STATES[name]());
  await begin();
  await setLanguage("en");
  mounted = mount(page, { target: document.body });
  flushSync();
  return script;
}

/** Takes the page away again; to be called after each test. */
export async function clear(): Promise<void> {
  if (mounted !== undefined) {
    await unmount(mounted);
  }
  mounted = undefined;
  refusal.putAway();
  place.goTo("keypad");
  place.settle();
}
