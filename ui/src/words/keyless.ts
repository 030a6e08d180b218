// A language without its keys, as the page carries it: the keys are those of English, in the same order, and a third of each file.

const KEY = /^[a-z][\w-]*(?= =)/gm;

/** A message: its key, and its pattern with all its lines. */
const MESSAGE = /^([a-z][\w-]*) =(.*(?:\n[ \t].*)*)/gm;

/** `text` without its keys, in the order of English; throws where one is missing. */
export function withoutKeys(text: string, english: string): string {
  const patterns = new Map(Array.from(text.matchAll(MESSAGE), ([, key, pattern]) => [key, pattern]));
  return Array.from(english.matchAll(KEY), ([key]) => {
    const pattern = patterns.get(key);
    if (pattern === undefined) {
      throw new Error(`There are no words for ${key}`);
    }
    return `=${pattern}\n`;
  }).join("");
}

/** `text` with its keys; one that has them stays as it is. */
export function withKeys(text: string, english: string): string {
  const keys = english.matchAll(KEY);
  return text.replace(/^=/gm, () => `${keys.next().value?.[0] ?? ""} =`);
}
