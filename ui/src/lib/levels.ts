// How loud it is at present; the shell tells it while somebody looks.

import { createSubscriber } from "svelte/reactivity";

import type { Levels } from "./phone";
import * as shell from "./shell";

/** Nothing is heard. */
export const SILENCE = -127;

const SILENT: Levels = { microphone_dbfs: SILENCE, speaker_dbfs: SILENCE };

let last = SILENT;

const watching = createSubscriber((update) => {
  const stop = shell.watchLevels((told) => {
    last = told;
    update();
  });
  return () => {
    last = SILENT;
    stop();
  };
});

export const levels = {
  get microphone(): number {
    watching();
    return last.microphone_dbfs;
  },
  get speaker(): number {
    watching();
    return last.speaker_dbfs;
  },
};
