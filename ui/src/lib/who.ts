// The other end of a call, as it is named.

import { unbroken } from "./unbroken";
import { t } from "./words.svelte";

/** As much of a call as names its other end. */
export type Named = { number: string; display_name: string | null };

/** Something that can be seen, in whatever script. */
const SEEN = /[^\s\p{Control}\p{Default_Ignorable_Code_Point}]/u;

/** Whether it is called by a name rather than its number. */
export const hasName = (call: Named): call is Named & { display_name: string } =>
  call.display_name !== null && SEEN.test(call.display_name);

/** Its name; else its number; else that there is neither. */
export function nameOf(call: Named): string {
  return hasName(call) ? call.display_name : call.number || t("number-withheld");
}

/** Whether the number can be dialled: it was told, and no policy hides a part of it. */
export const callable = ({ number }: Named): boolean => number !== "" && !number.includes("•");

/** A computer, which may have no name. */
export const deviceName = (name: string | null): string =>
  name !== null && SEEN.test(name) ? unbroken(name) : t("another-device");
