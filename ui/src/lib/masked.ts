/** An extension where anybody may look at it: its last two places are hidden. */
export function masked(extension: string): string {
  const places = Array.from(extension);
  return places.map((place, at) => (at < places.length - 2 ? place : "•")).join("");
}
