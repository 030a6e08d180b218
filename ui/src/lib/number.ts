// What people type or paste, as it is dialled.

/** What comes along with a copied number and is not seen: marks of direction, joiners, controls. */
const UNSEEN = /[\p{Control}\p{Default_Ignorable_Code_Point}]/gu;

/** Digits of other scripts, by the code of their zero. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0xff10];

/** A number with the marks that people write between digits. */
const WRITTEN = /^\+?[\d\s().\-\u2010-\u2015/*#]+$/;

/** The number that is dialled for `text`; a name or an address stays as it is. */
export function dialled(text: string): string {
  const seen = latinDigits(text.replace(UNSEEN, "")).trim();
  const bare = seen.replace(/^(tel|callto):/i, "");
  if (!WRITTEN.test(bare)) {
    return bare;
  }
  // The national zero of "+44 (0)20" is not dialled from abroad.
  const national = bare.startsWith("+") ? bare.replace(/\(0\)/, "") : bare;
  return national.replace(/[^\d+*#]/g, "");
}

/** Whether nobody can have a number this short. */
export const tooShort = (number: string): boolean => /^\+?\d?$/.test(number);

function latinDigits(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const zero = ZEROS.find((it) => code >= it && code <= it + 9);
    return zero === undefined ? character : String(code - zero);
  }).join("");
}
