// Where it is said that an outcome was refused.

import type { QueueView } from "../lib/phone";

/** Whether the wrap-up that is on the screen was refused its outcome. */
export const isRefusedHere = (queue: QueueView): boolean =>
  queue.wrap_up !== null && queue.refused?.of.order === "outcome";
