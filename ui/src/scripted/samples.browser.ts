// There is nothing that the shell can tell and the page cannot show: each value that Rust wrote is drawn.

import { tick } from "svelte";
import { afterEach, describe, expect, test } from "vitest";

import type { CallView, PhoneView, QueueView, State } from "../lib/phone";
import * as samples from "../lib/phone.samples";
import { clear, play } from "./mounted";
import type { Page, Scene } from "./scenes";

afterEach(clear);

const [STATE] = samples.states as [State];
const [CALL] = STATE.view.calls as [CallView];

const told = (more: Partial<PhoneView>): State => ({ ...STATE, view: { ...STATE.view, ...more } });

const sound = (more: Partial<PhoneView["sound"]>): State => told({ sound: { ...STATE.view.sound, ...more } });

const quiet = (more: Partial<PhoneView>): State => told({ calls: [], ...more });

const atQueue = (more: Partial<QueueView>): State =>
  quiet({ queue: STATE.view.queue && { ...STATE.view.queue, wrap_up: null, ...more } });

/** As its user reads it, with what is only read out. */
function read(): string {
  const names = [...document.querySelectorAll("[aria-label]")].map((it) => it.getAttribute("aria-label"));
  return [document.body.textContent, ...names].join(" ");
}

/** Draws it there, and finds words and none that a mistake leaves behind. */
async function drawn(state: State, at?: Scene["at"], page: Page = "index"): Promise<void> {
  await play(page, state, at);
  await tick();
  expect(document.body.textContent.trim()).not.toBe("");
  expect(read()).not.toMatch(/undefined|null|NaN|Invalid Date|\[object/);
}

const named = <T>(values: T[]): [string, T][] =>
  values.map((value, index) => [`${String(index)} ${JSON.stringify(value).slice(0, 60)}`, value]);

test.each(named(samples.windows))("window %s", async (_, window) => {
  await drawn({ ...STATE, window }, "more");
});

test.each(named(samples.accounts))("account %s", async (_, account) => {
  await drawn(quiet({ account }));
});

test.each(named(samples.reasons))("signed out %s", async (_, reason) => {
  await drawn(quiet({ account: { state: "signed_out", reason, since: 1_000 } }));
});

test.each(named(samples.asks))("asking: %s", async (_, ask) => {
  const account = { state: "asking", email: "ana@helix.example", device_name: null, ask } as const;
  await drawn(quiet({ account }));
});

test.each(named(samples.notMoved))("not moved: %s", async (_, why) => {
  const reason = { code: "not_moved", device_name: null, why } as const;
  await drawn(quiet({ account: { state: "signed_out", reason, since: 1_000 } }));
});

describe.each([undefined, "connection"] as const)("on %s", (at) => {
  test.each(named(samples.leases))("lease %s", async (_, lease) => {
    await drawn(quiet({ lease }), at);
  });

  test.each(named(samples.links))("link %s", async (_, link) => {
    await drawn(quiet({ link }), at);
  });

  test.each(named(samples.hops))("link down at %s", async (_, hop) => {
    await drawn(
      quiet({ link: { state: "down", host: "sip.example", hop, detail: "What happened", retry_at: 60_000 } }),
      at,
    );
  });

  test.each(named(samples.lines))("line %s", async (_, line) => {
    await drawn(quiet({ line }), at);
  });

  test.each(named(samples.queueLogins))("queue %s", async (_, login) => {
    await drawn(atQueue({ login, availability: null }), at);
  });

  test.each(named(samples.availabilities))("queue %s", async (_, availability) => {
    await drawn(atQueue({ availability, next: availability }), at);
  });

  test.each(named(samples.queueRefusals))("queue refused %s", async (_, refused) => {
    await drawn(atQueue({ refused }), at);
  });

  test.each(named(samples.queueOrders))("queue ordered %s", async (_, order) => {
    await drawn(atQueue({ order }), at);
  });

  test.each(named(samples.wrapUps))("wrap-up %s", async (_, wrap_up) => {
    await drawn(atQueue({ wrap_up }), at);
  });

  test.each(named(samples.vaults))("vault %s", async (_, vault) => {
    await drawn(quiet({ vault }), at);
  });
});

describe.each(["index", "mini"] as const)("%s", (page) => {
  test.each(named(samples.callStates))("call %s", async (_, state) => {
    const talking_since = state.state === "talking" ? CALL.talking_since : null;
    await drawn(told({ calls: [{ ...CALL, state, talking_since, quality: null }] }), undefined, page);
  });

  test.each(named(samples.moveRequests))("request %s", async (_, move_request) => {
    await drawn(told({ move_request }), undefined, page);
    await clear();
    await drawn(quiet({ move_request: { ...move_request, device_name: null } }), undefined, page);
  });

  test.each(named(samples.qualities))("quality %s", async (_, quality) => {
    await drawn(told({ calls: [{ ...CALL, quality }] }), undefined, page);
  });

  test.each(named(samples.candidateKinds))("to %s", async (_, remote_kind) => {
    const path = CALL.path && { ...CALL.path, remote_kind };
    await drawn(told({ calls: [{ ...CALL, path }] }), "connection");
  });

  test.each(named(samples.codecs))("as %s", async (_, codec) => {
    const path = CALL.path && { ...CALL.path, codec };
    await drawn(told({ calls: [{ ...CALL, path }] }), "connection");
  });

  test.each(named(samples.causes))("ended %s", async (_, cause) => {
    const ended = STATE.view.ended && { ...STATE.view.ended, cause };
    await drawn(quiet({ ended }), undefined, page);
  });
});

test("a call that rings", async () => {
  const state = { state: "alerting" } as const;
  await drawn(told({ calls: [{ ...CALL, state, talking_since: null }] }), undefined, "ring");
});

test("the history, with each cause", async () => {
  await drawn(quiet({}), "history");
  expect(document.querySelectorAll("main li").length).toBe(STATE.history.length);
});

test.each(named(samples.soundChecks))("sound check %s", async (_, check) => {
  await drawn(sound({ check }), "sound");
});

test.each(named(samples.verdicts))("verdict %s", async (_, verdict) => {
  await drawn(sound({ check: { state: "done", verdict, words: "Words", at: 8_000 } }), "sound");
});

test.each(named(samples.pathChecks))("voice path %s", async (_, path_check) => {
  await drawn(quiet({ path_check }), "connection");
});

test.each(named(samples.playbacks))("played back %s", async (_, playback) => {
  const check = { state: "done", verdict: "good", words: "Words", at: 8_000, playback } as const;
  await drawn(sound({ check }), "connection");
});

test.each(named(samples.deviceKinds))("a device %s", async (_, kind) => {
  const devices = STATE.view.sound.devices?.map((device) => ({ ...device, kind })) ?? null;
  await drawn(sound({ devices, microphone: devices?.[0] ?? null }), "sound");
});

test.each(named(samples.autoAnswers))("answers %s", async (_, auto_answer) => {
  await drawn(quiet({ call_settings: { ...STATE.view.call_settings, auto_answer } }), "more");
});

/** What these tell is a part of the view: the page says it for as long as it is so. */
const IN_THE_VIEW: readonly string[] = ["call.recovered", "fault.vault"];

test.each(named(samples.happened))("told in passing %s", async (_, happened) => {
  const script = await play("index", STATE, undefined);
  const before = read();
  await script.happened(happened);
  await tick();
  if (!IN_THE_VIEW.includes(happened.type)) {
    expect(read()).not.toBe(before);
  }
  expect(read()).not.toMatch(/undefined|null|NaN|Invalid Date|\[object/);
});
