// A shell that plays a scripted state and obeys orders as the phone would. No part of the product.

import { emit } from "@tauri-apps/api/event";
import { mockIPC, mockWindows } from "@tauri-apps/api/mocks";

import type {
  Accepted,
  Availability,
  CallView,
  Command,
  Forget,
  Happened,
  HistoryEntry,
  Order,
  PhoneView,
  QueueView,
  Saved,
  SetServer,
  SetWindow,
  State,
  ViewUpdate,
  WindowView,
} from "../lib/phone";
import { STATES } from "./states";

/** One thing that the page asked the shell to do. */
export type Asked = { command: string; args: unknown };

export type Script = {
  /** All that the page asked for, in order. */
  asked: Asked[];
  /** The orders among it. */
  orders: () => Command[];
  /** What is now. */
  state: () => State;
  /** Changes the view and tells the page. */
  view: (change: (view: PhoneView) => PhoneView) => Promise<void>;
  window: (change: Partial<WindowView>) => Promise<void>;
  history: (change: (entries: HistoryEntry[]) => HistoryEntry[]) => Promise<void>;
  happened: (happened: Happened) => Promise<void>;
  levels: (microphone_dbfs: number, speaker_dbfs: number) => Promise<void>;
  /** The next thing asked under that name is refused. */
  refuse: (command: string, code: string, message: string) => void;
  /** What happens while the answer to the next `state` is on its way. */
  meanwhile: (then: () => Promise<void>) => void;
};

/** Takes the place of the shell; to be called before the page begins. */
export function perform(first: State): Script {
  const begun = performance.now();
  const asked: Asked[] = [];
  let happens: (() => Promise<void>) | undefined;
  const refusals = new Map<string, { code: string; message: string }>();
  let state = first;

  const now = () => first.now + (performance.now() - begun);
  const script: Script = {
    asked,
    orders: () => asked.filter((it) => it.command === "order").map((it) => (it.args as Order).order),
    state: () => state,
    view: async (change) => {
      state = { ...state, now: now(), view: change(state.view) };
      await tell("view", { now: state.now, view: state.view } satisfies ViewUpdate);
    },
    window: async (change) => {
      state = { ...state, window: { ...state.window, ...change } };
      await tell("window", state.window);
    },
    history: async (change) => {
      state = { ...state, history: change(state.history) };
      await tell("history", state.history);
    },
    happened: (happened) => tell("happened", happened),
    levels: (microphone_dbfs, speaker_dbfs) => tell("levels", { microphone_dbfs, speaker_dbfs }),
    meanwhile: (then) => (happens = then),
    refuse: (command, code, message) => refusals.set(command, { code, message }),
  };

  async function answer(): Promise<State> {
    state = { ...state, now: now() };
    const told = state;
    const then = happens;
    happens = undefined;
    await then?.();
    return told;
  }

  mockWindows("main", "ring", "mini");
  mockIPC(
    async (command, args) => {
      asked.push({ command, args });
      const name = command === "order" ? (args as Order).order.command : command;
      const refusal = refusals.get(name);
      if (refusal !== undefined) {
        refusals.delete(name);
        throw refusal;
      }
      switch (command) {
        case "state":
          return answer();
        case "order":
          return obey(script, (args as Order).order);
        case "set_window":
          return script.window({ settings: (args as SetWindow).settings });
        case "set_server":
          return script.window({ server: (args as SetServer).url });
        case "save_support":
          return { path: "/home/ana/Downloads/helix-phone-support.txt" } satisfies Saved;
        case "answer_link":
          return script.window({ link: null });
        case "answer_quit":
          return script.window({ quit_asked: false });
        case "forget": {
          const { id } = args as Forget;
          return script.history((entries) => (id === null ? [] : entries.filter((it) => it.id !== id)));
        }
        default:
          return undefined;
      }
    },
    { shouldMockEvents: true },
  );
  return script;
}

/** As the shell tells it. */
const tell = (name: string, told: object) => emit(name, JSON.stringify(told));

async function obey(script: Script, order: Command): Promise<Accepted> {
  const now = () => script.state().now;
  const one = (call: number, change: (it: CallView) => CallView) =>
    script.view((view) => ({ ...view, calls: view.calls.map((it) => (it.call === call ? change(it) : it)) }));
  const atQueue = (change: (queue: QueueView, view: PhoneView) => QueueView) =>
    script.view((view) => ({ ...view, queue: view.queue && change(view.queue, view) }));
  switch (order.command) {
    case "sign_in":
      await script.view((view) => ({ ...view, account: { state: "signing_in", email: order.email } }));
      return {};
    case "ask_to_move":
      await script.view(() => STATES["asking"]().view);
      return {};
    case "answer_move":
      await script.view((view) => ({
        ...view,
        move_request:
          order.answer === "no" || view.move_request === null
            ? null
            : {
                ...view.move_request,
                state: order.answer === "now" ? { state: "granted" } : { state: "after_call", by_user: true },
              },
      }));
      return {};
    case "sign_out":
      await script.view(() => STATES["signed-out-by-user"]().view);
      return {};
    case "dial": {
      const made = STATES.calling().view.calls.map((it) => ({ ...it, call: 20, number: order.target }));
      await script.view((view) => ({
        ...view,
        calls: [...view.calls.map((it) => ({ ...it, held: true, held_since: now() })), ...made],
      }));
      return { call: 20 };
    }
    case "answer":
      await one(order.call, (it) => ({
        ...it,
        state: { state: "talking" },
        silenced: false,
        talking_since: now(),
        quality: "good",
      }));
      return {};
    case "hang_up":
      await script.view((view) => {
        const gone = view.calls.find((it) => it.call === order.call);
        return {
          ...view,
          calls: view.calls.filter((it) => it !== gone),
          ended:
            gone === undefined
              ? view.ended
              : {
                  call: gone.call,
                  direction: gone.direction,
                  number: gone.number,
                  display_name: gone.display_name,
                  cause: gone.state.state === "alerting" ? { code: "declined" } : { code: "local" },
                  talked_ms: gone.talking_since === null ? null : now() - gone.talking_since,
                  at: now(),
                },
        };
      });
      return {};
    case "silence":
      await one(order.call, (it) => ({ ...it, silenced: true }));
      return {};
    case "hold":
    case "resume": {
      const held = order.command === "hold";
      await one(order.call, (it) => ({ ...it, held, held_since: held ? now() : null }));
      return {};
    }
    case "mute":
    case "unmute":
      await one(order.call, (it) => ({ ...it, muted: order.command === "mute" }));
      return {};
    case "repair":
      await one(order.call, (it) => ({ ...it, repairing: true }));
      return {};
    case "set_sound":
      await script.view((view) => ({ ...view, sound: { ...view.sound, settings: order.settings } }));
      return {};
    case "set_calls":
      await script.view((view) => ({ ...view, call_settings: order.settings }));
      return {};
    case "sound_check":
      await script.view((view) => ({
        ...view,
        sound: { ...view.sound, capture_open: true, check: { state: "running" } },
      }));
      return {};
    case "test_output":
      await script.view((view) => ({
        ...view,
        sound: { ...view.sound, tested: view.sound.tested === order.output ? null : order.output },
      }));
      return {};
    case "check":
      await script.view((view) => ({
        ...view,
        server_check: view.server_check ?? { state: "running" },
        path_check: view.path_check ?? { state: "running" },
      }));
      return {};
    case "ready":
    case "pause": {
      const availability: Availability =
        order.command === "ready" ? { state: "ready" } : { state: "pause", reason: order.reason };
      await atQueue((queue, view) =>
        view.calls.length > 0 || queue.wrap_up !== null
          ? { ...queue, next: availability }
          : { ...queue, availability, since: now(), refused: null },
      );
      return {};
    }
    case "cancel_next":
      await atQueue((queue) => ({ ...queue, next: null }));
      return {};
    case "wrap_up":
      await atQueue((queue) => ({
        ...queue,
        wrap_up: queue.wrap_up && { ...queue.wrap_up, outcome: order.outcome, note: order.note },
      }));
      return {};
    case "finish_wrap_up":
      await atQueue((queue) => ({
        ...queue,
        availability: order.then ?? queue.next ?? { state: "ready" },
        since: now(),
        next: null,
        wrap_up: null,
      }));
      return {};
    case "more_time":
      await atQueue((queue) => ({
        ...queue,
        wrap_up: queue.wrap_up && {
          ...queue.wrap_up,
          ends_at: (queue.wrap_up.ends_at ?? 0) + (queue.wrap_up.more_ms ?? 0),
          more_ms: null,
        },
      }));
      return {};
    case "reconnect":
    case "devices":
    case "dtmf":
      return {};
  }
}
