// The words of the page in the language of its user. English is the source; what a language lacks is said in English.

import { FluentBundle, FluentResource } from "@fluent/bundle";

import english from "../words/en.ftl?raw";
import { apart } from "./direction";
import { keyed } from "./lean";

export type Language = "en" | "de" | "hi" | "es" | "ar";

/** Each language in its own words, in the order in which they are offered. */
export const LANGUAGES: readonly { language: Language; name: string }[] = [
  { language: "en", name: "English" },
  { language: "de", name: "Deutsch" },
  { language: "hi", name: "हिन्दी" },
  { language: "es", name: "Español" },
  { language: "ar", name: "العربية" },
];

const files = import.meta.glob<string>(["../words/*.ftl", "!../words/en.ftl"], {
  query: "?raw",
  import: "default",
});

type Spoken = { language: Language; locale: string; bundles: FluentBundle[] };

let spoken = $state.raw<Spoken>(speak("en", []));

/** The locale for `Intl`, with the digits that phone numbers have. */
export const locale = (): string => spoken.locale;

export const language = (): Language => spoken.language;

/** The words for `key`, with `args` in their places. */
export function t(key: string, args: Record<string, string | number> = {}): string {
  const placed = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, typeof value === "string" ? apart(value) : value]),
  );
  for (const bundle of spoken.bundles) {
    const pattern = bundle.getMessage(key)?.value;
    if (pattern) {
      return bundle.formatPattern(pattern, placed, []);
    }
  }
  return key;
}

/** Speaks the language of that setting; empty is the system's. */
export async function setLanguage(setting: string): Promise<void> {
  const language = chosen(setting === "" ? navigator.languages : [setting]);
  const load = files[`../words/${language}.ftl`];
  spoken = speak(language, load === undefined ? [] : [keyed(await load(), english)]);
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
}

function chosen(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const found = LANGUAGES.find((it) => it.language === base(wish));
    if (found !== undefined) {
      return found.language;
    }
  }
  return "en";
}

function speak(language: Language, texts: string[]): Spoken {
  // The region of the system decides how dates are written: en-IN, en-GB.
  const region = navigator.languages.find((it) => base(it) === language) ?? language;
  const locale = localeOf(region, language);
  const bundles = [...texts, english].map((text, index, all) => {
    // Plural rules go with the language of the text.
    const own = index === all.length - 1 && language !== "en" ? "en" : locale;
    const bundle = new FluentBundle(own, { useIsolating: false });
    bundle.addResource(new FluentResource(text));
    return bundle;
  });
  return { language, locale, bundles };
}

/** The locale of `region`; of the language alone where a system names what is no tag, such as `es-ES@euro`. */
function localeOf(region: string, language: Language): string {
  const numberingSystem = "latn";
  try {
    return new Intl.Locale(region, { numberingSystem }).toString();
  } catch {
    return new Intl.Locale(language, { numberingSystem }).toString();
  }
}

function base(tag: string): string {
  return tag.split("-", 1)[0]?.toLowerCase() ?? "";
}
