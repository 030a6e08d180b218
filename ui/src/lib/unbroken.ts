/** Keeps together what stands on both sides of it, and is not seen. */
const JOINER = String.fromCodePoint(0x2060);

/** The name of a computer, which no line breaks at its hyphens: "LAPTOP-7". */
export const unbroken = (name: string): string => name.replaceAll("-", `-${JOINER}`);

/** What nobody sees and no other program needs: that, and the marks that keep a text in its own direction. */
const UNSEEN = /[\u2060\u2066-\u2069]/g;

/** The same as somebody types it. */
export const plain = (text: string): string => text.replace(UNSEEN, "").replaceAll("\u00a0", " ");
