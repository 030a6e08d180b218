// Text of others may run the other way than the words around it.

const APART = [String.fromCodePoint(0x2068), String.fromCodePoint(0x2069)] as const;

/** `text` in its own direction, numbers left to right; for places where no <bdi> can stand. */
export const apart = (text: string): string => APART[0] + text + APART[1];
