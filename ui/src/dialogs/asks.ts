// What is asked before it is done.

import { current } from "../lib/current.svelte";

/** Whether signing out ends something: a call, or an outcome that is not saved. */
export const asksBeforeSignOut = (): boolean =>
  current.view.calls.length > 0 || (current.view.queue?.at_stake ?? 0) > 0;
