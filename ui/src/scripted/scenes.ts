// What is looked at: every state in its window, and every page of the window with what it can show.

import type {
  HistoryEntry,
  PathCheckView,
  PlaybackView,
  ServerCheckView,
  SoundView,
  State,
  WindowView,
} from "../lib/phone";
import { place, type Panel, type Tab } from "../lib/place.svelte";
import { STATES } from "./states";
import { HOSTILE } from "./states/calls";
import { JABRA, LAPTOP_MICROPHONE, LAPTOP_SPEAKER, NOW, wall } from "./states/ground";

export type Page = "index" | "ring" | "mini";

/** The least that each window can be: width and height. */
export const LEAST: Record<Page, [number, number]> = { index: [320, 480], ring: [380, 148], mini: [360, 56] };

export type Scene = {
  page: Page;
  state: () => State;
  /** Where in the window its user is. */
  at?: Tab | Panel;
  /** What its user presses then: words of a button, or the key of its words. */
  press?: string[];
};

const ALL_LOCKED = [
  "server",
  "language",
  "theme",
  "incoming",
  "autostart",
  "start_minimised",
  "quit_on_close",
  "shortcuts",
  "calls.auto_answer",
  "calls.auto_answer_tone",
  "calls.max_calls",
  "sound.microphone",
  "sound.speaker",
  "sound.ringer",
  "sound.echo_cancellation",
  "sound.noise_suppression",
  "sound.gain_control",
  "sound.high_pass",
  "sound.country",
  "sound.ring_volume",
];

function withMore(state: State, more: { sound?: Partial<SoundView>; window?: Partial<WindowView> }): State {
  return {
    ...state,
    view: { ...state.view, sound: { ...state.view.sound, ...more.sound } },
    window: { ...state.window, ...more.window },
  };
}

const sound = (sound: Partial<SoundView>) => (): State => withMore(STATES.ready(), { sound });

const settings = (more: Partial<WindowView["settings"]>) => (): State => {
  const ready = STATES.ready();
  return withMore(ready, { window: { settings: { ...ready.window.settings, ...more } } });
};

/** What the server answers to whoever asks it from there. */
const answering = (state: () => State, server_check: ServerCheckView) => (): State => {
  const asked = state();
  return { ...asked, view: { ...asked.view, server_check } };
};

const ANSWERED: ServerCheckView = { state: "reached", took_ms: 84, at: NOW };

/** Whoever is signed in for the first time on this computer. */
const firstRun = (sound: Partial<SoundView>) => (): State => {
  const ready = STATES["ready-first-day"]();
  const settings = { ...ready.window.settings, headset_asked: false };
  return withMore(ready, { sound, window: { settings } });
};

function history(change: (entries: HistoryEntry[]) => HistoryEntry[]): () => State {
  return () => {
    const ready = STATES.ready();
    return { ...ready, history: change(ready.history) };
  };
}

function verdict(verdict: Extract<SoundView["check"], { state: "done" }>["verdict"]): () => State {
  return sound({ check: { state: "done", verdict, words: "", at: NOW - 90_000 } });
}

/** What came of a check of the whole phone, whose microphone is good. */
const checked = (path_check: PathCheckView, playback?: PlaybackView) => (): State => {
  const done = { state: "done", verdict: "good", words: "", at: NOW - 90_000 } as const;
  const ready = sound({ check: playback ? { ...done, playback } : done })();
  return { ...ready, view: { ...ready.view, path_check } };
};

/** A year of calls. */
const many = (entries: HistoryEntry[]): HistoryEntry[] =>
  Array.from({ length: 500 }, (_, at) => {
    const entry = entries[at % entries.length] as HistoryEntry;
    return { ...entry, id: 1000 - at, began: wall() - at * 5_400_000 };
  });

const strange = (entries: HistoryEntry[]): HistoryEntry[] =>
  entries.map((entry, at) => ({
    ...entry,
    ...[
      { number: "+91981••••45", quality: "fair" as const },
      {
        direction: "incoming" as const,
        number: "",
        display_name: null,
        talked_ms: null,
        cause: { code: "missed" as const },
        quality: null,
      },
      { number: "9".repeat(60), display_name: HOSTILE },
      { cause: null, talked_ms: 12_000, quality: "poor_here" as const, poor_ms: 4_000, poor_here_ms: 3_000 },
      {
        number: "+34••••••23",
        display_name: null,
        cause: { code: "security" as const, detail: "The answer carried no fingerprint" },
      },
    ][at],
  }));

/** A talk at a phone that may have two. */
const several = (): State => {
  const talking = STATES.talking();
  return {
    ...talking,
    view: { ...talking.view, call_settings: { ...talking.view.call_settings, max_calls: 2 } },
  };
};

const PANELS = {
  headset: { page: "index", state: firstRun({}) },
  "headset-hello": { page: "index", state: firstRun({}), press: ["headset-hello"] },
  "headset-good": {
    page: "index",
    state: firstRun({ check: { state: "done", verdict: "good", words: "", at: NOW - 2_000 } }),
  },
  "headset-laptop": {
    page: "index",
    state: firstRun({
      devices: [LAPTOP_MICROPHONE, LAPTOP_SPEAKER],
      microphone: LAPTOP_MICROPHONE,
      speaker: LAPTOP_SPEAKER,
      check: { state: "done", verdict: "built_in_microphone", words: "", at: NOW - 2_000 },
    }),
  },
  "headset-unasked": {
    page: "index",
    state: firstRun({ devices: null, microphone: null, speaker: null, ringer: null }),
  },
  "headset-none": {
    page: "index",
    state: firstRun({ devices: [], microphone: null, speaker: null, ringer: null }),
  },
  "headset-locked": {
    page: "index",
    state: () => withMore(firstRun({})(), { window: { locked: ALL_LOCKED } }),
  },
  "sign-in-missing": { page: "index", state: STATES["signed-out"], press: ["sign-in"] },
  "sign-in-server": { page: "index", state: STATES["signed-out"], press: ["change"] },
  "sign-in-checked": {
    page: "index",
    state: answering(STATES["signed-out"], ANSWERED),
    press: ["check-connection"],
  },
  "sign-in-unreachable": {
    page: "index",
    state: answering(STATES["signed-out"], {
      state: "failed",
      hop: "dns",
      detail: "The name helix.example cannot be resolved: unknown",
      at: NOW,
    }),
    press: ["check-connection"],
  },
  "held-missing": { page: "index", state: STATES["held-elsewhere"], press: ["held-ask"] },
  "held-force-missing": { page: "index", state: STATES["not-moved-refused"], press: ["held-move"] },
  "state-sheet": { page: "index", state: STATES.ready, press: ["state-label"] },
  menu: { page: "index", state: STATES.ready, press: ["menu-label"] },
  keypad: { page: "index", state: STATES.ready, press: ["keypad-show"] },
  "talking-keypad": { page: "index", state: STATES.talking, press: ["call-keypad"] },
  "talking-add": { page: "index", state: several, press: ["call-add"] },
  history: { page: "index", state: STATES.ready, at: "history" },
  "history-in-call": { page: "index", state: STATES.talking, at: "history" },
  "history-empty": { page: "index", state: STATES["ready-first-day"], at: "history" },
  "history-many": { page: "index", state: history(many), at: "history" },
  "history-strange": { page: "index", state: history(strange), at: "history" },
  "history-details": { page: "index", state: STATES.ready, at: "history", press: ["Amit Sharma"] },
  "history-details-missed": { page: "index", state: STATES.ready, at: "history", press: ["Käthe"] },
  "history-details-masked": { page: "index", state: history(strange), at: "history", press: ["Amit Sharma"] },
  "history-details-withheld": {
    page: "index",
    state: history(strange),
    at: "history",
    press: ["number-withheld"],
  },
  "history-details-hostile": { page: "index", state: history(strange), at: "history", press: ["<img"] },
  "history-delete-all": { page: "index", state: STATES.ready, at: "history", press: ["history-delete-all"] },
  sound: { page: "index", state: STATES.ready, at: "sound" },
  "sound-in-call": { page: "index", state: STATES.talking, at: "sound" },
  "sound-favourites": {
    page: "index",
    at: "sound",
    state: () => {
      const ready = STATES.ready();
      return withMore(ready, {
        sound: {
          devices: [
            LAPTOP_MICROPHONE,
            LAPTOP_SPEAKER,
            { ...JABRA, id: "pulseaudio:bluez.5C_56", name: "Buds of Ana", kind: "bluetooth" },
          ],
          microphone: LAPTOP_MICROPHONE,
          speaker: LAPTOP_SPEAKER,
          settings: {
            ...ready.view.sound.settings,
            microphone: [JABRA.id, LAPTOP_MICROPHONE.id],
            speaker: [JABRA.id, LAPTOP_SPEAKER.id],
            ringer: [LAPTOP_SPEAKER.id],
            ring_volume: 0,
          },
        },
      });
    },
  },
  "sound-none": {
    page: "index",
    at: "sound",
    state: sound({ devices: [], microphone: null, speaker: null, ringer: null }),
  },
  "sound-no-speaker": {
    page: "index",
    at: "sound",
    state: sound({
      devices: [LAPTOP_MICROPHONE],
      microphone: LAPTOP_MICROPHONE,
      speaker: null,
      ringer: null,
    }),
  },
  "sound-unasked": { page: "index", at: "sound", state: sound({ devices: null }) },
  "sound-checking": {
    page: "index",
    at: "sound",
    state: sound({ capture_open: true, check: { state: "running" } }),
  },
  "sound-verdict-good": { page: "index", at: "sound", state: verdict("good") },
  "sound-verdict-silent": { page: "index", at: "sound", state: verdict("silent") },
  "sound-verdict-clipped": { page: "index", at: "sound", state: verdict("clipped") },
  "sound-verdict-quiet": { page: "index", at: "sound", state: verdict("very_quiet") },
  "sound-verdict-noisy": { page: "index", at: "sound", state: verdict("noisy") },
  "sound-verdict-built-in": { page: "index", at: "sound", state: verdict("built_in_microphone") },
  "sound-verdict-bluetooth": { page: "index", at: "sound", state: verdict("narrow_bluetooth") },
  "sound-verdict-none": { page: "index", at: "sound", state: verdict("no_microphone") },
  "sound-locked": {
    page: "index",
    at: "sound",
    state: () => withMore(STATES.ready(), { window: { locked: ALL_LOCKED } }),
  },
  connection: { page: "index", state: STATES.ready, at: "connection" },
  "connection-in-call": { page: "index", state: STATES.talking, at: "connection" },
  "connection-relayed": { page: "index", state: STATES["talking-relayed"], at: "connection" },
  "connection-one-way-in": { page: "index", state: STATES["one-way-in"], at: "connection" },
  "connection-one-way-out": { page: "index", state: STATES["one-way-out"], at: "connection" },
  "connection-silent": { page: "index", state: STATES.interrupted, at: "connection" },
  "connection-poor": { page: "index", state: STATES["talking-poor"], at: "connection" },
  "connection-connecting": { page: "index", state: STATES.connecting, at: "connection" },
  "connection-link-down": { page: "index", state: STATES["link-down"], at: "connection" },
  "connection-link-dns": { page: "index", state: STATES["link-dns"], at: "connection" },
  "connection-link-proxy": { page: "index", state: STATES["link-proxy"], at: "connection" },
  "connection-clock-off": {
    page: "index",
    state: answering(STATES.ready, { ...ANSWERED, clock_ahead_ms: -7_260_000 }),
    at: "connection",
    press: ["check-phone"],
  },
  "connection-line-refused": { page: "index", state: STATES["line-refused"], at: "connection" },
  "connection-at-risk": { page: "index", state: STATES["lease-at-risk"], at: "connection" },
  "connection-opening": { page: "index", state: STATES["signing-in-line"], at: "connection" },
  "connection-fallback": { page: "index", state: STATES.fallback, at: "connection" },
  "connection-no-microphone": { page: "index", state: STATES["no-microphone"], at: "connection" },
  "connection-checked": {
    page: "index",
    state: checked(
      {
        state: "reached",
        local: "192.168.1.20:50000",
        seen_as: "203.0.113.9:40000",
        took_ms: 24,
        at: NOW - 90_000,
      },
      { state: "open", device: JABRA.name },
    ),
    at: "connection",
  },
  "connection-check-failed": {
    page: "index",
    state: checked(
      { state: "silent", servers: ["203.0.113.5:3478"], at: NOW - 90_000 },
      { state: "failed", fault: { why: "busy", device: JABRA.name } },
    ),
    at: "connection",
  },
  "connection-path-unasked": {
    page: "index",
    state: checked({ state: "no_server", at: NOW - 90_000 }),
    at: "connection",
  },
  "connection-checking": {
    page: "index",
    state: () => {
      const ready = sound({ capture_open: true, check: { state: "running" } })();
      return { ...ready, view: { ...ready.view, path_check: { state: "running" } } };
    },
    at: "connection",
  },
  "connection-answered": {
    page: "index",
    state: answering(STATES.ready, ANSWERED),
    at: "connection",
    press: ["check-phone"],
  },
  "connection-vault-memory": { page: "index", state: STATES["vault-memory"], at: "connection" },
  "connection-vault-failed": { page: "index", state: STATES["vault-failed"], at: "connection" },
  more: { page: "index", state: STATES.ready, at: "more" },
  "more-set": {
    page: "index",
    at: "more",
    state: () => {
      const set = settings({
        theme: "dark",
        incoming: "front",
        autostart: true,
        quit_on_close: true,
        shortcuts: { answer: "F9", hang_up: "Control+Shift+F10", mute: "MediaPlayPause" },
      })();
      return {
        ...set,
        view: {
          ...set.view,
          call_settings: { auto_answer: "header", auto_answer_tone: true, max_calls: 2 },
        },
      };
    },
  },
  "more-locked": {
    page: "index",
    at: "more",
    state: () => withMore(STATES.ready(), { window: { locked: ALL_LOCKED } }),
  },
  "more-no-keys": {
    page: "index",
    at: "more",
    state: () => withMore(STATES.ready(), { window: { shortcuts_available: false } }),
  },
  "more-listening": { page: "index", state: STATES.ready, at: "more", press: ["keys-off"] },
  "more-fallback": { page: "index", state: STATES.fallback, at: "more" },
  "more-sign-out-in-call": { page: "index", state: STATES.talking, at: "more", press: ["sign-out"] },
  about: { page: "index", state: STATES.ready, at: "about" },
  "about-saved": { page: "index", state: STATES.ready, at: "about", press: ["support-save"] },
  "about-licence": { page: "index", state: STATES.ready, at: "about", press: ["MIT"] },
  "link-asked-in-call": {
    page: "index",
    state: () => withMore(STATES.talking(), { window: { link: "+442079460958" } }),
  },
  "link-asked-second": {
    page: "index",
    state: () => withMore(several(), { window: { link: "+442079460958" } }),
  },
  "link-asked-offline": {
    page: "index",
    state: () => withMore(STATES["line-refused"](), { window: { link: "+442079460958" } }),
  },
  "quit-asked-unsaved": {
    page: "index",
    state: () => withMore(STATES["queue-unsaved"](), { window: { quit_asked: true } }),
  },
  "ringing-off": {
    page: "index",
    state: () => {
      const ringing = STATES.ringing();
      const { settings } = ringing.view.sound;
      return withMore(ringing, { sound: { settings: { ...settings, ring_volume: 0 } } });
    },
  },
  "ring-known": { page: "ring", state: STATES.ringing },
  "ring-unknown": { page: "ring", state: STATES["ringing-unknown"] },
  "ring-silenced": { page: "ring", state: STATES["ringing-silenced"] },
  "ring-auto": { page: "ring", state: STATES["ringing-auto"] },
  "ring-answered": { page: "ring", state: STATES["answered-itself"] },
  "ring-second": { page: "ring", state: STATES["second-call"] },
  "ring-two": { page: "ring", state: STATES["two-ringing"] },
  "ring-hostile": { page: "ring", state: STATES["ringing-hostile"] },
  "mini-ready": { page: "mini", state: STATES.ready },
  "mini-talking": { page: "mini", state: STATES.talking },
  "mini-muted": { page: "mini", state: STATES.muted },
  "mini-held": { page: "mini", state: STATES["on-hold"] },
  "mini-ringing": { page: "mini", state: STATES.ringing },
  "mini-move-asked": { page: "mini", state: STATES["move-asked"] },
  "mini-move-asked-in-call": { page: "mini", state: STATES["move-asked-in-call"] },
  "mini-link-down": { page: "mini", state: STATES["link-down"] },
  "signing-in-steps": {
    page: "index",
    state: () => {
      const signing = STATES["signing-in"]();
      return { ...signing, view: { ...signing.view, queue: STATES["signing-in-queue"]().view.queue } };
    },
  },
  "queue-menu": { page: "index", state: STATES["queue-ready"], press: ["state-label"] },
  "queue-menu-talking": { page: "index", state: STATES["queue-next"], press: ["state-label"] },
  "queue-menu-wrap-up": { page: "index", state: STATES["wrap-up"], press: ["state-label"] },
  "queue-menu-many": { page: "index", state: STATES["queue-many-reasons"], press: ["state-label"] },
  "queue-menu-plain": {
    page: "index",
    state: STATES["queue-paused-without-reason"],
    press: ["state-label"],
  },
  "queue-sign-out": {
    page: "index",
    state: STATES["queue-unsaved"],
    press: ["state-label", "sign-out"],
  },
  "wrap-up-pause": { page: "index", state: STATES["wrap-up-chosen"], press: ["wrap-up-done-pause"] },
  "wrap-up-elsewhere": { page: "index", state: STATES["wrap-up"], at: "history" },
  "connection-queue": { page: "index", state: STATES["queue-paused"], at: "connection" },
  "connection-queue-unset": { page: "index", state: STATES["queue-unset"], at: "connection" },
  "connection-queue-failed": { page: "index", state: STATES["queue-failed"], at: "connection" },
  "connection-queue-silent": { page: "index", state: STATES["queue-silent"], at: "connection" },
  "mini-paused": { page: "mini", state: STATES["queue-paused"] },
  "mini-wrap-up": { page: "mini", state: STATES["wrap-up"] },
} satisfies Record<string, Scene>;

/** Every scene by its name. */
export const SCENES: Record<string, Scene> = {
  ...Object.fromEntries(
    Object.entries(STATES).map(([name, state]): [string, Scene] => [name, { page: "index", state }]),
  ),
  ...PANELS,
};

/** The names of those that have something of their own: a year of calls is the rows of a day many times over. */
export const DISTINCT = Object.keys(SCENES).filter((name) => name !== "history-many");

/** Takes the user of the window there. */
export function goTo(at: Tab | Panel | undefined): void {
  switch (at) {
    case undefined:
      place.goTo("keypad");
      break;
    case "keypad":
    case "history":
    case "more":
      place.goTo(at);
      break;
    case "sound":
    case "connection":
    case "about":
      place.open(at);
      break;
  }
}
