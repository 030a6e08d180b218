// What the page carries of a file of words: no comments, and of every language but English no keys either, because each has those
// of English in their order (`words/words.test.ts`).

/** The messages of `text` alone. */
export function lean(text: string): string {
  return text.replace(/^(#.*)?\n/gm, "");
}

/** The values of `text`, in their order. */
export function values(text: string): string {
  return lean(text).replace(/^[\w-]+ *=/gm, "=");
}

/** What had those `values`, with the keys of `english`. */
export function keyed(values: string, english: string): string {
  const keys = english.matchAll(/^[\w-]+/gm);
  return values.replace(/^=/gm, () => `${keys.next().value?.[0] ?? ""} =`);
}
