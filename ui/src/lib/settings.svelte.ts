// What its user sets, and what the phone says where it will not.

import { say } from "./announce.svelte";
import { current } from "./current.svelte";
import type { CallSettings, SoundSettings, WindowSettings } from "./phone";
import * as shell from "./shell";

/** A setting, spelled as in the list of those that the organisation has set. */
export type Setting =
  keyof WindowSettings | `calls.${keyof CallSettings & string}` | `sound.${keyof SoundSettings & string}`;

/** What was asked for and not answered yet: the next change must not take it back. */
let askedWindow: Partial<WindowSettings> = $state.raw({});
let askedCalls: Partial<CallSettings> = $state.raw({});
let askedSound: Partial<SoundSettings> = $state.raw({});

let refused = $state.raw<{ setting: Setting; words: string } | null>(null);

export const settings = {
  get window(): WindowSettings {
    return { ...current.window.settings, ...askedWindow };
  },
  get calls(): CallSettings {
    return { ...current.view.call_settings, ...askedCalls };
  },
  get sound(): SoundSettings {
    return { ...current.view.sound.settings, ...askedSound };
  },
  isLocked: (setting: Setting): boolean => current.window.locked.includes(setting),
  /** Why that setting was not taken when it was changed last. */
  refusal: (setting: Setting): string | undefined =>
    refused?.setting === setting ? refused.words : undefined,
  /** Says beside that setting why it stays as it is. */
  refuse(setting: Setting, words: string): void {
    refused = { setting, words };
    say(words);
  },
  /** Forgets what was refused. */
  settle(): void {
    refused = null;
  },
};

/** What the phone says about keys, in the words of the user's language. */
type InWords = (code: string, message: string) => string;

export async function changeWindow<Name extends keyof WindowSettings>(
  name: Name,
  value: WindowSettings[Name],
  inWords: InWords = (_, message) => message,
): Promise<void> {
  const change: Partial<WindowSettings> = { [name]: value };
  askedWindow = { ...askedWindow, ...change };
  await tell(name, () => shell.setWindow(settings.window), inWords);
  askedWindow = without(askedWindow, name, value);
}

export async function changeCalls<Name extends keyof CallSettings>(
  name: Name,
  value: CallSettings[Name],
): Promise<void> {
  const change: Partial<CallSettings> = { [name]: value };
  askedCalls = { ...askedCalls, ...change };
  await tell(`calls.${name}`, () => shell.order({ command: "set_calls", settings: settings.calls }));
  askedCalls = without(askedCalls, name, value);
}

export async function changeSound<Name extends keyof SoundSettings>(
  name: Name,
  value: SoundSettings[Name],
): Promise<void> {
  const change: Partial<SoundSettings> = { [name]: value };
  askedSound = { ...askedSound, ...change };
  await tell(`sound.${name}`, () => shell.order({ command: "set_sound", settings: settings.sound }));
  askedSound = without(askedSound, name, value);
}

async function tell(
  setting: Setting,
  send: () => Promise<unknown>,
  inWords: InWords = (_, message) => message,
): Promise<void> {
  settings.settle();
  try {
    await send();
  } catch (thrown) {
    const { code, message } = shell.rejection(thrown);
    settings.refuse(setting, inWords(code, message));
  }
}

/** `asked` without what was answered, unless another value was asked for meanwhile. */
function without<T extends object, Name extends keyof T>(asked: T, name: Name, value: T[Name]): T {
  if (asked[name] !== value) {
    return asked;
  }
  const rest = { ...asked };
  delete rest[name];
  return rest;
}
