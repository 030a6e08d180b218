// The last state that the shell told; the page has no other.

import { createSubscriber } from "svelte/reactivity";

import type { Happened, Moment, State } from "./phone";
import * as shell from "./shell";

/** Four times a second, so that a timer is never seen to skip a second. */
const TICK_MS = 250;

/** How many things told in passing are kept, beside what is lost for good. */
const MOST_TOLD = 4;

/** Something told in passing, with the moment at which it was. */
export type Told = { id: number; at: Moment; happened: Happened };

let state = $state.raw<State | null>(null);
let told = $state.raw<Told[]>([]);
let received = 0;
let lastTold = 0;

const ticking = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

function take(next: State): void {
  received = performance.now();
  state = next;
}

function known(): State {
  if (state === null) {
    throw new Error("the page was drawn before the shell told its state");
  }
  return state;
}

/** The phone's clock at this instant, without following it. */
function moment(): Moment {
  return known().now + (performance.now() - received);
}

export const current = {
  get view() {
    return known().view;
  },
  get window() {
    return known().window;
  },
  get history() {
    return known().history;
  },
  /** What was told in passing and not put away, newest first. */
  get told() {
    return told;
  },
  /** The phone's clock; who reads it in a template follows it. */
  get now(): Moment {
    ticking();
    return moment();
  },
  moment,
  /** The wall clock at a moment of the phone's clock. */
  wall: (at: Moment): Date => new Date(Date.now() - (moment() - at)),
  putAway(id: number): void {
    told = told.filter((it) => it.id !== id);
  },
  /** Whoever signs in next need not be who it was told to. */
  forgetTold(): void {
    told = [];
  },
};

/** What a window follows beside the phone. */
export type Follows = {
  /** Each change of it is all of it: a window that does not show it has nothing to do with hundreds of calls. */
  history: boolean;
};

/** Takes the state of the shell and follows it; the page can be drawn when this is done. */
export async function begin(follows: Follows = { history: true }): Promise<void> {
  let begun = false;
  let missed = false;
  const live = <T>(then: (last: State, told: T) => void) => {
    return (told: T) => {
      if (begun) {
        then(known(), told);
      } else {
        missed = true;
      }
    };
  };
  await shell.follow({
    // Its moment may be an earlier one than the last: a phone at another server has a clock of its own.
    view: live((last, update) => take({ ...last, ...update })),
    window: live((last, window) => {
      state = { ...last, window };
    }),
    history: follows.history
      ? live((last, history) => {
          state = { ...last, history };
        })
      : null,
    happened: live((_, happened) => {
      lastTold += 1;
      const next = [{ id: lastTold, at: moment(), happened }, ...told];
      told = next.filter((it, n) => n < MOST_TOLD || it.happened.type === "outcome.lost");
    }),
  });
  // What is told while a state is on its way may be older or newer than that state: it is asked for again.
  do {
    missed = false;
    take(await shell.state());
  } while (missed);
  begun = true;
}
