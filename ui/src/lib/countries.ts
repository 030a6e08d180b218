// The countries whose tones the phone knows.

import { locale, t } from "./words.svelte";

const CODES = ["AE", "AU", "CA", "DE", "FR", "GB", "IN", "PH", "SG", "US"] as const;

/** Each by its name, in the order of the user's alphabet; the empty one has the tones of no country. */
export function countries(): { value: string; words: string }[] {
  const names = new Intl.DisplayNames(locale(), { type: "region" });
  const named = CODES.map((code) => ({ value: code as string, words: names.of(code) ?? code }));
  named.sort((one, other) => one.words.localeCompare(other.words, locale()));
  return [{ value: "", words: t("tones-international") }, ...named];
}
