// What the three windows have in common: state, words and theme before the first drawing.

import "./style/base.css";

import { mount, type Component } from "svelte";

import { begin, current, type Follows } from "./lib/current.svelte";
import { setLanguage } from "./lib/words.svelte";

/** Draws `page` as soon as the shell has told its state. */
export async function draw(page: Component, follows?: Follows): Promise<void> {
  await begin(follows);
  await setLanguage(current.window.settings.language);
  $effect.root(() => {
    $effect(() => {
      const { theme } = current.window.settings;
      if (theme === "system") {
        delete document.documentElement.dataset["theme"];
      } else {
        document.documentElement.dataset["theme"] = theme;
      }
    });
    $effect(() => {
      void setLanguage(current.window.settings.language);
    });
  });
  mount(page, { target: document.body });
}
