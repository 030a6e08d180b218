// What is read aloud without anybody asking: each thing once, when it begins.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { clear, show } from "../scripted/mounted";
import type { CallView } from "../lib/phone";
import { plain } from "../lib/unbroken";
import type { Script } from "../scripted/shell";

let now = 0;
let said: string[] = [];
let watching: MutationObserver;

beforeEach(() => {
  now = 0;
  said = [];
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(async () => {
  watching.disconnect();
  await clear();
  vi.restoreAllMocks();
});

/** Shows that scene and listens from then on. */
async function hear(name: string): Promise<Script> {
  const script = await show(name);
  const region = document.querySelector('[aria-live="polite"].unseen');
  watching = new MutationObserver(() => said.push(plain(region?.textContent ?? "")));
  watching.observe(region as Element, { childList: true, subtree: true });
  return script;
}

/** The one call there is becomes so. */
const becomes = (script: Script, more: Partial<CallView>) =>
  script.view((view) => ({ ...view, calls: view.calls.map((call) => ({ ...call, ...more })) }));

test("a call that broke is told when it breaks and when it is back, not second by second", async () => {
  const script = await hear("talking");
  await becomes(script, { interrupted: true, interrupted_since: script.state().now });
  await expect.poll(() => said).toEqual(["Reconnecting your call… 30 s left. Stay on the line."]);
  for (let second = 1; second < 5; second += 1) {
    now += 1_000;
    await script.view((view) => view);
  }
  await expect.poll(() => document.body.textContent).toContain("26\u00a0s left");
  await script.happened({ type: "call.recovered", call: 7, after_ms: 4_200 });
  await becomes(script, { interrupted: false, interrupted_since: null });
  await expect.poll(() => said.slice(1)).toEqual(["You are back. 4 s were lost."]);
});

test("a call is told after a minute, once", async () => {
  const script = await hear("talking");
  await becomes(script, { talking_since: script.state().now });
  now += 59_000;
  await script.view((view) => view);
  await expect.poll(() => document.body.textContent).toContain("00:59");
  expect(said).toEqual([]);
  for (let second = 60; second < 63; second += 1) {
    now += 1_000;
    await script.view((view) => view);
  }
  await expect.poll(() => document.body.textContent).toContain("01:02");
  expect(said).toEqual(["One minute"]);
});

test("a hold is told when it begins and after a minute", async () => {
  const script = await hear("talking");
  await becomes(script, { held: true, held_since: script.state().now });
  await expect.poll(() => said).toEqual(["On hold"]);
  now += 59_000;
  await script.view((view) => view);
  await expect.poll(() => document.body.textContent).toContain("00:59");
  now += 1_000;
  await script.view((view) => view);
  await expect.poll(() => said.slice(1)).toEqual(["Still on hold 01:00"]);
});

test("what somebody else did to the call is told", async () => {
  const script = await hear("talking");
  await becomes(script, { held_by_peer: true });
  await expect.poll(() => said).toEqual(["They put you on hold"]);
  await becomes(script, { held_by_peer: false, muted: true });
  await expect.poll(() => said.slice(1)).toEqual(["You are muted"]);
});
