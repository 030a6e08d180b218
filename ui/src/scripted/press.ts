// Presses buttons by what is written on them.

import { t } from "../lib/words.svelte";

/** Presses the button with these words, or the words of that key; false: there is none yet. */
export function press(words: string): boolean {
  const button = Array.from(document.querySelectorAll("button")).find((it) =>
    `${it.ariaLabel ?? ""} ${it.textContent}`.includes(t(words)),
  );
  button?.click();
  return button !== undefined;
}
