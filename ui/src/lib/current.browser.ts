import { clearMocks } from "@tauri-apps/api/mocks";
import { emit } from "@tauri-apps/api/event";
import { afterEach, expect, test } from "vitest";

import { perform } from "../scripted/shell";
import { STATES } from "../scripted/states";
import { begin, current } from "./current.svelte";

afterEach(clearMocks);

test("a phone at another server is followed, although its clock begins anew", async () => {
  perform(STATES["no-server"]());
  await begin();
  const { view } = STATES["unreachable-tcp"]();
  await emit("view", JSON.stringify({ now: 20, view }));
  expect(current.view).toEqual(view);
  expect(current.moment()).toBeLessThan(10_000);
});

test("a window that does not show the history is not told of it", async () => {
  const script = perform(STATES.ready());
  await begin({ history: false });
  const before = current.history;
  await script.history(() => []);
  expect(current.history).toBe(before);
  await script.view(() => STATES.ringing().view);
  expect(current.view.calls).toHaveLength(1);
});

test("what changes while the first state is on its way is not lost", async () => {
  const script = perform(STATES.ready());
  script.meanwhile(() => script.view(() => STATES.ringing().view));
  await begin();
  expect(script.asked.filter((it) => it.command === "state")).toHaveLength(2);
  expect(current.view.calls).toHaveLength(1);
});
