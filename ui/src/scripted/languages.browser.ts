// Each language fits the least that each window can be, also where text is twice as large.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { page } from "vitest/browser";

import { LANGUAGES } from "../lib/words.svelte";
import { clear, draw } from "./mounted";
import { cutOff, outOfReach, tooSmall, tooWide } from "./room";
import { DISTINCT, LEAST, SCENES, type Page } from "./scenes";

afterEach(clear);

const scenes = (shown: Page) => DISTINCT.filter((name) => SCENES[name]?.page === shown);

const size = (text: string) => (document.documentElement.style.fontSize = text);
afterAll(() => size(""));

describe.each(["100%", "200%"])("text of %s", (text) => {
  describe.each(LANGUAGES.map(({ language }) => language))("%s", (language) => {
    describe.each(["index", "ring", "mini"] as const)("%s", (shown) => {
      beforeAll(async () => {
        size(text);
        await page.viewport(...LEAST[shown]);
      });

      test.each(scenes(shown))("%s", async (name) => {
        await draw(name, { theme: "light", language });
        expect(tooWide()).toEqual([]);
        expect(cutOff()).toEqual([]);
        expect(outOfReach()).toEqual([]);
        expect(tooSmall()).toEqual([]);
      });
    });
  });
});
