// The outcome and the note of a wrap-up as they are typed: the phone keeps them, one order after the other.

import { refusalWords, refusal } from "../lib/orders.svelte";
import type { WrapUpView } from "../lib/phone";
import * as shell from "../lib/shell";

export class Draft {
  outcome = $state<string | null>(null);
  note = $state("");
  #told: { outcome: string | null; note: string };
  #telling: Promise<void> | null = null;

  constructor({ outcome, note }: WrapUpView) {
    this.outcome = outcome;
    this.note = note;
    this.#told = { outcome, note };
  }

  /** The outcome was refused: another one is to be chosen. */
  forgetOutcome(): void {
    this.outcome = null;
    this.#told.outcome = null;
  }

  /** Tells what was typed since; done when the phone has it all. */
  tell(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = null;
    });
    return this.#telling;
  }

  async #tellAll(): Promise<void> {
    while (this.outcome !== this.#told.outcome || this.note !== this.#told.note) {
      const { outcome, note } = this;
      this.#told = { outcome, note };
      try {
        await shell.order({ command: "wrap_up", outcome, note });
      } catch (thrown) {
        refusal.tell(refusalWords(thrown));
      }
    }
  }
}
