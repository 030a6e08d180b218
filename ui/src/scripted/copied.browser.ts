// What is copied and saved is for the tools of others: it has no mark that nobody sees.

import { tick } from "svelte";
import { afterEach, expect, test } from "vitest";

import { t } from "../lib/words.svelte";
import { clear, draw } from "./mounted";
import { SCENES } from "./scenes";
import { STATES } from "./states";

afterEach(clear);

/** Where something can be copied: the panels for whoever helps, and each state that is told on a screen or in a notice. */
const names = [
  ...Object.keys(STATES),
  ...Object.keys(SCENES).filter((name) => /^(connection|about|history-details)/.test(name)),
];

test.each(["en", "ar"])("in %s", async (language) => {
  let copies = 0;
  for (const name of names) {
    const script = await draw(name, { theme: "light", language });
    const words = [t("copy"), t("copy-support"), t("copy-it"), t("copy-proof"), t("support-save")];
    const buttons = [...document.querySelectorAll("button")];
    buttons.filter((it) => words.includes(it.textContent.trim())).forEach((it) => it.click());
    await tick();
    for (const { command, args } of script.asked) {
      if (command === "copy" || command === "save_support") {
        copies += 1;
        const { text } = args as { text: string };
        expect(text, name).not.toBe("");
        expect(text, name).not.toMatch(/[\u2060\u2066-\u2069]/);
      }
    }
    await clear();
  }
  expect(copies).toBeGreaterThan(30);
});
