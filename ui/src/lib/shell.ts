// The one place that talks to the program around the page.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import { harmless, harmlesslyRead } from "./direction";
import type {
  Accepted,
  AnswerLink,
  AnswerQuit,
  Command,
  Copy,
  Forget,
  Form,
  Happened,
  HistoryEntry,
  Levels,
  OpenSettings,
  Order,
  Rejected,
  Saved,
  SaveSupport,
  SetServer,
  SetWindow,
  Show,
  State,
  SystemSettings,
  ViewUpdate,
  WatchLevels,
  WindowSettings,
  WindowView,
} from "./phone";

/** What the shell tells by itself. */
export type Follower = {
  view: (update: ViewUpdate) => void;
  window: (window: WindowView) => void;
  /** `null`: it is not told of. */
  history: ((history: HistoryEntry[]) => void) | null;
  happened: (happened: Happened) => void;
};

/** Follows all that the shell tells from now on. */
export async function follow(follower: Follower): Promise<void> {
  const { history } = follower;
  await Promise.all([
    hear<ViewUpdate>("view", (update) => follower.view(update)),
    hear<WindowView>("window", (window) => follower.window(window)),
    history && hear<HistoryEntry[]>("history", history),
    hear<Happened>("happened", (happened) => follower.happened(happened)),
  ]);
}

/** The shell tells everything as JSON. */
const hear = <Told>(name: string, take: (told: Told) => void) =>
  listen<string>(name, (event) => take(harmlesslyRead<Told>(event.payload)));

/** Everything that is, once. */
export const state = async () => harmless(await invoke<State>("state"));

/** Gives the phone an order; what comes of it is told by the view. Throws a `Rejected`. */
export const order = (order: Command) => invoke<Accepted>("order", { order } satisfies Order);

export const setWindow = (settings: WindowSettings) =>
  invoke<void>("set_window", { settings } satisfies SetWindow);

export const setServer = (url: string) => invoke<void>("set_server", { url } satisfies SetServer);

/** Forgets one entry of the history, or all with `null`. */
export const forget = (id: number | null) => invoke<void>("forget", { id } satisfies Forget);

export const answerLink = (number: string, dial: boolean) =>
  invoke<void>("answer_link", { number, dial } satisfies AnswerLink);

export const answerQuit = (quit: boolean) => invoke<void>("answer_quit", { quit } satisfies AnswerQuit);

/** Swaps the main window and the mini bar. */
export const show = (what: Form) => invoke<void>("show", { what } satisfies Show);

/** Opens a page of the system's own settings. */
export const openSettings = (what: SystemSettings) =>
  invoke<void>("open_settings", { what } satisfies OpenSettings);

export const copy = (text: string) => invoke<void>("copy", { text } satisfies Copy);

/** Saves what the phone knows of itself, after `text`; returns where it is. */
export const saveSupport = async (text: string): Promise<string> =>
  harmless(await invoke<Saved>("save_support", { text } satisfies SaveSupport)).path;

/** Lets `take` see the levels of microphone and speaker until the returned function is called. */
export function watchLevels(take: (levels: Levels) => void): () => void {
  const watch = (on: boolean) => void invoke<void>("watch_levels", { on } satisfies WatchLevels);
  const unlisten = hear<Levels>("levels", take);
  watch(true);
  return () => {
    void unlisten.then((stop) => stop());
    watch(false);
  };
}

/** What the shell threw, in its own words. */
export function rejection(thrown: unknown): Rejected {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    return harmless({ code: String(thrown.code), message: String(thrown.message) });
  }
  return harmless({ code: "unknown", message: String(thrown) });
}
