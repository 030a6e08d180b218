// What the worst of callers, servers and devices can send in place of a name or a number.

import type { State } from "../lib/phone";
import PIECES from "./hostile.json";

const at = (...codes: number[]): string => String.fromCodePoint(...codes);

/** Texts that others choose. */
export const TEXTS: Record<string, string> = {
  markup: `<img src=x onerror="window.hostile=1"><script>window.hostile=1</script><a href="//x">&amp;</a><b>b</b>`,
  override: `Ana${at(0x202e)}gpj.exe`,
  // Ends what keeps it apart, then turns what follows.
  "ended isolate": `Ana${at(0x2069, 0x2069, 0x202e)}gpj.exe${at(0x202d, 0x2066)}`,
  unseen: at(0x200b, 0x2060, 0xfeff, 0x00ad),
  "one long word": "W".repeat(10_000),
  "many words": "ليلى Käthe ".repeat(1_000),
  emoji: "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿".repeat(60),
  "piled marks": `Z${at(0x0301).repeat(200)} `.repeat(20),
  controls: `a${at(0)}b${at(7)}c\r\nd\te${at(0x7f, 0x85, 0x2028)}`,
  empty: "",
};

/** Numbers that others choose, or that a hand types or pastes. */
export const NUMBERS: Record<string, string> = {
  long: "9".repeat(10_000),
  headers: "sip:700202@evil.example;transport=tcp?Replaces=7&Subject=%0D%0AVia:x",
  letters: "ana.pereira-and-a-very-long-name-of-somebody-who-works-there@helix.example",
  markup: `"><img src=x onerror="window.hostile=1">`,
  controls: `70${at(0)}02${at(0x1b)}[2J\r\nBYE sip:x${at(0x202e)}`,
  signs: "+*#".repeat(200),
  empty: "",
};

/**
 * Each alone, at an end of a name and inside it, once and many times: what nobody sees, what turns what follows or ends what keeps it apart, what is
 * told to a terminal or to who reads line by line, and what is read by whoever takes text for markup, for a template or for an address. The window
 * itself is shown them in `tests/desktop/hostile.rs`.
 */
export const GENERATED: string[] = Object.values(PIECES)
  .flat()
  .flatMap((it) => [it, `${it}Ana`, `An${it}a`, `Ana${it}`, `Ana${it.repeat(40)}`]);

/** Whatever in a state was written by others. */
const FREE = new Set([
  "agent_id",
  "campaign",
  "detail",
  "device_name",
  "display_name",
  "email",
  "extension",
  "issuer",
  "message",
  "name",
  "reason",
  "sip_uri",
]);

/** That state, with `text` wherever others wrote one, and `number` wherever they told theirs. */
export function written(state: State, text: string, number: string): State {
  const changed = JSON.parse(JSON.stringify(state), (key: string, value: unknown) => {
    if (typeof value !== "string") {
      return value;
    }
    return FREE.has(key) ? text : key === "number" || key === "link" ? number : value;
  }) as State;
  const complaints = state.window.complaints.map(() => text);
  return { ...changed, window: { ...changed.window, complaints } };
}
