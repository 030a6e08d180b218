// What somebody who helps needs to know, as text.

import { current } from "./current.svelte";
import { plain } from "./unbroken";

/** What would begin a line of its own, or tell a terminal something. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/** `lines`, and which phone, where and when. No secret is known here, so none can be in it. */
export function supportText(lines: (string | undefined)[]): string {
  const { version, system, server, device_name } = current.window;
  return [
    ...lines.filter((line) => line !== undefined),
    `Helix Phone ${version}, ${system}, ${device_name}`,
    ...(server === null ? [] : [server]),
    new Date().toISOString(),
  ]
    .map((line) => plain(line).replace(CONTROLS, " "))
    .join("\n");
}
