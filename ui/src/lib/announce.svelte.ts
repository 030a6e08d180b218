// What a screen reader is told although the focus is elsewhere.

/** How old a page is before it says anything: a region that comes with its words is not read aloud. */
const SETTLED_MS = 500;

/** The same words twice are two announcements: the number tells them apart. */
type Said = { words: string; number: number };

let polite = $state.raw<Said>({ words: "", number: 0 });
let assertive = $state.raw<Said>({ words: "", number: 0 });
let last = 0;

export const said = {
  get polite() {
    return polite;
  },
  get assertive() {
    return assertive;
  },
};

/** Tells it when the reader comes to a pause. */
export function say(words: string): void {
  last += 1;
  polite = { words, number: last };
}

/** Tells it at once, or as soon as somebody listens. */
export function interrupt(words: string): void {
  const wait = SETTLED_MS - performance.now();
  if (wait > 0) {
    setTimeout(interrupt, wait, words);
    return;
  }
  last += 1;
  assertive = { words, number: last };
}
