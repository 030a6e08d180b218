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
  let timer = 0;

  const wake = () => {
    clearTimeout(timer);
    document.body.classList.remove("resting");
  };

  $effect(() => {
    const rings = current.view.calls.filter((it) => it.state.state === "alerting").map((it) => it.call);
    if (rang.some((call) => !rings.includes(call))) {
      wake();
      until = performance.now() + REST_MS;
      timer = window.setTimeout(wake, REST_MS);
      document.body.classList.add("resting");
    } else if (performance.now() >= until) {
      // The timers of a hidden page come late.
      wake();
    }
    rang = rings;
  });

  $effect(() => wake);
}
