// The other end of a call, as it is named.

import { t } from "./words.svelte";

/** As much of a call as names its other end. */
export type Named = { number: string; display_name: string | null };

/** Whether it is called by a name rather than its number. */
export const hasName = (call: Named): boolean => call.display_name !== null && call.display_name !== "";

/** Its name; else its number; else that there is neither. */
export function nameOf(call: Named): string {
  return call.display_name || call.number || t("number-withheld");
}

/** Whether the number can be dialled: it was told, and no policy hides a part of it. */
export const callable = ({ number }: Named): boolean => number !== "" && !number.includes("•");
