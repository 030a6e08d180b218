// Where it is said that an outcome was refused.

import type { QueueView } from "../lib/phone";

/** Whether the wrap-up that is on the screen was refused its outcome. */
export function isRefusedHere({ wrap_up, refused }: QueueView): boolean {
  return refused?.of.order === "outcome" && refused.of.call === wrap_up?.call;
}
