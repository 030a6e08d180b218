// The page carries its words without their keys, which are a third of each file: a message is named by its place in English, in the files as in the code.

/** A message: its key, and its pattern with all its lines. */
const MESSAGE = /^([a-z][\w-]*) =(.*(?:\n[ \t].*)*)/gm;

/** Where the code asks for the words of a key. */
export const ASKED = /\bt\(\s*"([^"]*)"/g;

const nameOf = (place: number): string => `k${place}`;

const patterns = (text: string) =>
  new Map(Array.from(text.matchAll(MESSAGE), ([, key = "", pattern = ""]) => [key, pattern]));

/** `text` without its keys, in the order of English; throws where one is missing. */
export function withoutKeys(text: string, english: string): string {
  const own = patterns(text);
  return Array.from(patterns(english).keys(), (key) => {
    const pattern = own.get(key);
    if (pattern === undefined) {
      throw new Error(`There are no words for ${key}`);
    }
    return `=${pattern}\n`;
  }).join("");
}

/** `text` with the names of its messages; one that has its keys stays as it is. */
export function withNames(text: string): string {
  let place = 0;
  return text.replace(/^=/gm, () => `${nameOf(place++)} =`);
}

/** `code` that asks by names in place of keys; throws where English lacks one. */
export function askingByName(code: string, english: string): string {
  const keys = [...patterns(english).keys()];
  return code.replace(ASKED, (asked, key: string) => {
    const place = keys.indexOf(key);
    if (place === -1) {
      throw new Error(`English has no words for ${key}`);
    }
    return asked.replace(`"${key}"`, `"${nameOf(place)}"`);
  });
}
