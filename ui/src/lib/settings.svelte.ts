// What its user sets, and what the phone says where it will not.

import { say } from "./announce.svelte";
import { current } from "./current.svelte";
import type { CallSettings, SoundSettings, WindowSettings } from "./phone";
import { refusalWords } from "./orders.svelte";
import * as shell from "./shell";
import { t } from "./words.svelte";

/** A setting, spelled as in the list of those that the organisation has set. */
export type Setting =
  keyof WindowSettings | `calls.${keyof CallSettings & string}` | `sound.${keyof SoundSettings & string}`;

/** What the phone says about a setting, in the words of the user's language. */
type InWords = (code: string, message: string) => string;

let refused = $state.raw<{ setting: Setting; words: string } | null>(null);

function refuse(setting: Setting, words: string): void {
  refused = { setting, words };
  say(words);
}

/** Settings that are told and sent together. */
function together<Settings extends object>(
  told: () => Settings,
  spelled: (name: keyof Settings & string) => Setting,
  send: (all: Settings) => Promise<unknown>,
) {
  /** What was asked for and not answered yet: the next change must not take it back. */
  let asked: Partial<Settings> = $state.raw({});
  const now = (): Settings => ({ ...told(), ...asked });

  async function change<Name extends keyof Settings & string>(
    name: Name,
    value: Settings[Name],
    inWords?: InWords,
  ): Promise<void> {
    const one: Partial<Settings> = {};
    one[name] = value;
    asked = { ...asked, ...one };
    refused = null;
    try {
      await send(now());
    } catch (thrown) {
      const { code, message } = shell.rejection(thrown);
      refuse(spelled(name), inWords?.(code, message) ?? refusalWords(thrown));
    }
    // Another value may have been asked for meanwhile.
    if (asked[name] === value) {
      const rest = { ...asked };
      delete rest[name];
      asked = rest;
    }
  }

  return {
    get now(): Settings {
      return now();
    },
    change,
  };
}

export const settings = {
  window: together<WindowSettings>(
    () => current.window.settings,
    (name) => name,
    shell.setWindow,
  ),
  calls: together<CallSettings>(
    () => current.view.call_settings,
    (name) => `calls.${name}`,
    (settings) => shell.order({ command: "set_calls", settings }),
  ),
  sound: together<SoundSettings>(
    () => current.view.sound.settings,
    (name) => `sound.${name}`,
    (settings) => shell.order({ command: "set_sound", settings }),
  ),
  /** Who has set the server, in words; undefined: its user. */
  get serverSetBy(): string | undefined {
    const { locked, server_given } = current.window;
    if (!locked.includes("server")) {
      return undefined;
    }
    return server_given ? t("server-given") : t("server-locked");
  },
  isLocked: (setting: Setting): boolean => current.window.locked.includes(setting),
  /** Why that setting was not taken when it was changed last. */
  refusal: (setting: Setting): string | undefined =>
    refused?.setting === setting ? refused.words : undefined,
  /** Says beside that setting why it stays as it is. */
  refuse,
  /** Forgets what was refused. */
  settle(): void {
    refused = null;
  },
};
