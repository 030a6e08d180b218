// Text of others may run the other way than the words around it.

const APART = [String.fromCodePoint(0x2068), String.fromCodePoint(0x2069)] as const;

/** Marks that turn text around or end what keeps it apart: nothing that is written needs them. */
const TURNING = /[\u202a-\u202e\u2066-\u206f]/g;

/** `text` in its own direction, numbers left to right; for places where no <bdi> can stand. */
export const apart = (text: string): string => APART[0] + text + APART[1];

/** The same without a mark that would turn the words around it. */
export const harmless = <Told>(told: Told): Told => harmlesslyRead(JSON.stringify(told));

/** What `json` says, without such a mark. */
export const harmlesslyRead = <Told>(json: string): Told => JSON.parse(json.replace(TURNING, "")) as Told;
