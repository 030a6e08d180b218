import { afterEach, expect, test, vi } from "vitest";

import { language, locale, setLanguage, t } from "./words.svelte";

afterEach(async () => {
  vi.restoreAllMocks();
  await setLanguage("en");
});

test("a language of the system that is named as no tag is spoken all the same", async () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["es-ES@euro"]);
  await setLanguage("");
  expect([language(), locale(), t("close")]).toEqual(["es", "es-u-nu-latn", "Cerrar"]);
  expect(() => new Intl.DateTimeFormat(locale()).format()).not.toThrow();
});

test("where the system names nothing that is known it is English", async () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["C", "@euro", ""]);
  await setLanguage("");
  expect(language()).toBe("en");
});
