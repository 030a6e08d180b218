// A second press on Answer or Decline was meant for nothing.

import { current } from "./current.svelte";

const REST_MS = 700;

/**
 * Has the page take no press of a pointer for a moment once a call rings no more: Hang up, Hold or the call that waits come
 * where its buttons were. Keys act at once. Call it where a page is made.
 */
export function restAfterRinging(): void {
  let rang: number[] = [];
  let until = 0;

  $effect(() => {
    const rings = current.view.calls.filter((it) => it.state.state === "alerting").map((it) => it.call);
    if (rang.some((call) => !rings.includes(call))) {
      until = performance.now() + REST_MS;
    }
    rang = rings;
  });

  $effect(() => {
    // No timer ends it: those of a hidden page come late. A key that presses a button counts no clicks.
    const onClick = (event: MouseEvent) => {
      if (event.detail > 0 && performance.now() < until) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("click", onClick, true);
    return () => window.removeEventListener("click", onClick, true);
  });
}
