import { afterEach, expect, test } from "vitest";
import { page } from "vitest/browser";

import type { DeviceFault, Happened, PathCheckView } from "../lib/phone";
import { clear, draw, show } from "../scripted/mounted";
import { STATES } from "../scripted/states";
import { LAPTOP_MICROPHONE, NOW } from "../scripted/states/ground";

afterEach(clear);

const notices = () => page.getByRole("complementary", { name: "Notices" });

/** What is read aloud, without the marks around what is not ours. */
const said = () =>
  document.querySelector('[aria-live="polite"].unseen')?.textContent.replace(/[\u2066-\u2069]/g, "");

test("a server that is away is told with the time of the next try, and can be tried now", async () => {
  const script = await show("link-down");
  await expect
    .element(page.getByText("The server cannot be reached. Trying again in 8 s.").first())
    .toBeVisible();
  await page.getByRole("button", { name: "Try now" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "reconnect" }]);
});

test.each([
  [
    "line-refused",
    null,
    "Copy",
    /^The phone server refused extension 5235••\n.*\n403 Forbidden\n[^]*^Line: fault/m,
  ],
  ["line-unknown", null, "Copy", /^The extension does not exist\n404 Not Found\n/],
  ["link-refused", null, "Copy for IT", /^The phone server refused the connection\n.*403 Forbidden\n/],
  ["link-down", "Try now", "Copy for IT", /^The server cannot be reached\n.*\n.*port 444/],
  ["queue-failed", "Try again", "Copy", /^Ozonetel did not sign you in\n.*agent9 logged in/],
  ["ended-no-media-path", null, "Copy for IT", /^Your network blocks voice\nCalls would be silent/],
])("%s offers %j and %s for those who can help", async (scene, again, copy, text) => {
  const script = await show(scene);
  await page.getByRole("button", { name: copy, exact: true }).click();
  await expect.element(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const { args } = script.asked.find((it) => it.command === "copy") ?? {};
  expect((args as { text: string }).text).toMatch(text);
  const tries = ["Try now", "Try again"].filter(
    (name) => page.getByRole("button", { name, exact: true }).elements().length > 0,
  );
  expect(tries).toEqual(again === null ? [] : [again]);
});

test("what is more pressing comes first, and what is below it when that is over", async () => {
  const script = await show("vault-memory");
  await expect.element(page.getByText(/kept in memory only/).first()).toBeVisible();
  await script.view((view) => ({ ...view, link: STATES["link-down"]().view.link }));
  await expect.element(page.getByText(/cannot be reached/).first()).toBeVisible();
  expect(page.getByRole("button", { name: "Put away" }).elements()).toEqual([]);
  await script.view((view) => ({ ...view, link: STATES.ready().view.link }));
  await page.getByRole("button", { name: "Put away" }).click();
  expect(page.getByRole("button", { name: "Put away" }).elements()).toEqual([]);
});

test.each<[Happened, string | RegExp]>([
  [
    {
      type: "sound.device_changed",
      role: "microphone",
      device: null,
      why: "service",
      lost: null,
      words: "It is told by its code.",
    },
    "The sound service of this computer is not running.",
  ],
  [{ type: "sound.silent_microphone" }, "We hear nothing from your headset. Is its mute switch on?"],
  [{ type: "call.turned_away", from: "700203" }, "was told that you are busy"],
  [{ type: "call.turned_away", from: "" }, /Call from .?Number withheld/],
  [{ type: "call.change_failed", call: 7, reason: "488 Not Acceptable Here" }, "488 Not Acceptable Here"],
  [
    { type: "media.failed", call: 7, reason: "The file out.wav cannot be written" },
    "The sound of this call has trouble",
  ],
])("%j is told in passing, read aloud, and put away", async (happened, words) => {
  const script = await show("talking");
  await script.happened(happened);
  const notice = page.getByText(words).first();
  await expect.element(notice).toBeVisible();
  await expect.poll(said).not.toBe("");
  await page.getByRole("button", { name: "Put away" }).click();
  await expect.poll(() => page.getByRole("button", { name: "Put away" }).elements()).toEqual([]);
});

test("an outcome that is lost is told, also with the end of the session, and to nobody who signs in next", async () => {
  const script = await show("queue-ready");
  const lost = page.getByText(/^The outcome may not be saved: .?Sale/).first();
  await script.happened({ type: "outcome.lost", call: 6, outcome: "Sale" });
  await expect.element(notices()).toHaveTextContent(/may not be saved: .?Sale/);
  await expect.poll(said).toMatch(/may not be saved: Sale/);
  await script.view(() => STATES["taken-over"]().view);
  await expect.element(page.getByText("Your phone was moved")).toBeVisible();
  await expect.element(lost).toBeVisible();
  await page.getByRole("button", { name: "Sign in here" }).click();
  await expect.element(page.getByLabelText("Email or user")).toBeVisible();
  await script.view(() => STATES["queue-ready"]().view);
  await expect.element(page.getByRole("main")).toBeVisible();
  await expect.element(lost).not.toBeInTheDocument();
});

test("each outcome that is lost is told, however many, and read aloud at the end of the session", async () => {
  const script = await show("queue-ready");
  const outcomes = ["Sale", "Callback", "No interest", "Wrong number", "Complaint", "Voicemail"];
  for (const outcome of outcomes) {
    await script.happened({ type: "outcome.lost", call: 6, outcome });
  }
  for (let call = 1; call < 9; call += 1) {
    await script.happened({ type: "call.turned_away", from: "700203" });
  }
  await script.view(() => STATES["taken-over"]().view);
  for (const outcome of outcomes) {
    const lost = new RegExp(`^The outcome may not be saved: .?${outcome}`);
    await expect.element(page.getByText(lost).first()).toBeVisible();
    await expect.poll(said).toContain(outcome);
  }
});

test("that a microphone is silent is told while somebody talks into it", async () => {
  const script = await show("talking");
  await script.happened({ type: "sound.silent_microphone" });
  const away = page.getByRole("button", { name: "Put away" });
  await expect.element(away).toBeVisible();
  await script.view((view) => ({ ...view, calls: STATES.muted().view.calls }));
  await expect.poll(() => away.elements()).toEqual([]);
});

test("a microphone that is silent is tested where its level is seen", async () => {
  const script = await show("talking");
  await script.happened({ type: "sound.silent_microphone" });
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect.element(page.getByRole("main").getByRole("meter", { name: "Microphone level" })).toBeVisible();
});

test("an order that the phone refused is answered in words", async () => {
  const script = await show("talking");
  script.refuse("hold", "wrong_state", "The state of call 7 does not allow this");
  await page.getByRole("button", { name: "Hold" }).click();
  await expect.element(page.getByText("That is not possible now.").first()).toBeVisible();
});

test("a session that was lost in a call says who has the phone now", async () => {
  const script = await show("talking");
  await script.view((view) => ({
    ...view,
    lease: { state: { state: "lost", reason: { code: "taken_over", device_name: "LAPTOP-7" } }, ttl_ms: 0 },
  }));
  await expect
    .element(page.getByText(/This call goes on; after it you are signed out/).first())
    .toBeVisible();
});

test("that voice gets no answer is told after a check, until it is put away, a call is made or another check finds a way", async () => {
  const script = await show("path-blocked");
  const told = notices().getByText(/^Voice gets no answer on this network\. Calls may be silent/);
  await expect.element(told).toBeVisible();
  await page.getByRole("button", { name: "Copy for IT" }).click();
  const copied = () => script.asked.find((it) => it.command === "copy")?.args;
  await expect
    .poll(copied)
    .toMatchObject({ text: expect.stringMatching(/^Voice path: fault .*203\.0\.113\.5/m) });
  await script.view((view) => ({ ...view, calls: STATES.talking().view.calls }));
  await expect.element(told).not.toBeInTheDocument();
  await script.view((view) => ({ ...view, calls: [] }));
  await expect.element(told).toBeVisible();
  await page.getByRole("button", { name: "Put away" }).click();
  await expect.element(told).not.toBeInTheDocument();
  const checked = (path_check: PathCheckView) => script.view((view) => ({ ...view, path_check }));
  await checked({ state: "silent", servers: ["203.0.113.5:3478"], at: NOW });
  await expect.element(told).toBeVisible();
  await checked({ state: "no_server", at: NOW });
  await expect.element(told).not.toBeInTheDocument();
});

test("the connection panel says it once", async () => {
  await show("connection-check-failed");
  await expect.element(page.getByRole("main").getByText(/^Calls may be silent/)).toBeVisible();
  await expect.element(notices()).not.toHaveTextContent(/Calls may be silent/);
  await page.getByRole("button", { name: "Back" }).click();
  await expect.element(notices()).toHaveTextContent(/Calls may be silent/);
});

test.each([
  [
    "en",
    "Jabra is used by another program. Close that program or choose another device. Using Built-in Audio now.",
  ],
  [
    "de",
    "Jabra wird von einem anderen Programm benutzt. Schließen Sie es oder wählen Sie ein anderes Gerät. Built-in Audio wird jetzt benutzt.",
  ],
  ["es", "Otro programa está usando Jabra. Ciérrelo o elija otro dispositivo. Ahora se usa Built-in Audio."],
  ["hi", "Jabra किसी और प्रोग्राम के काम में है। उसे बंद करें या दूसरा डिवाइस चुनें। अब Built-in Audio काम में है।"],
  ["ar", "يستخدم برنامج آخر Jabra. أغلقه أو اختر جهازًا آخر. يُستخدم الآن Built-in Audio."],
] as const)("in %s a change of the device is told with its reason", async (language, words) => {
  const script = await draw("talking", { theme: "light", language });
  await script.happened({
    type: "sound.device_changed",
    role: "microphone",
    device: { ...LAPTOP_MICROPHONE, name: "Built-in Audio" },
    why: "busy",
    lost: "Jabra",
    words: "It is told by its code.",
  });
  await expect.poll(said).toBe(words);
});

test.each<[DeviceFault | null, string]>([
  [null, "No microphone was found. Plug in a headset."],
  [{ why: "gone", device: "Jabra" }, "No microphone was found. Plug in a headset."],
  [
    { why: "busy", device: "Jabra" },
    "Jabra is used by another program. Close that program or choose another device.",
  ],
  [
    { why: "refused", device: null },
    "Microphone is blocked by the system. Allow it in the privacy settings.",
  ],
  [{ why: "service", device: null }, "The sound service of this computer is not running."],
  [{ why: "stuck", device: "Jabra" }, "Jabra does not respond."],
  [{ why: "broken", device: "Jabra" }, "Jabra stopped working."],
])("without a microphone it is said why for as long: %j", async (microphone_fault, words) => {
  const script = await show("talking");
  await script.view((view) => ({
    ...view,
    sound: { ...view.sound, microphone: null, microphone_fault },
  }));
  await expect.poll(said).toBe(words);
  expect(page.getByRole("button", { name: "Put away" }).elements()).toEqual([]);
});

test("what others say in English is marked as such, below words of the language, in the least window too", async () => {
  await page.viewport(320, 480);
  await draw("complaint", { theme: "light", language: "ar" });
  await expect.element(page.getByText("رسالة الحاسوب:").first()).toBeVisible();
  const words = page.getByText(/^The settings file was broken/).first();
  await expect.element(words).toBeVisible();
  await expect.element(words).toHaveAttribute("lang", "en");
  await expect.element(words).toHaveAttribute("dir", "ltr");
  await expect.poll(said).toMatch(/^رسالة الحاسوب: The settings file was broken/);
});

test("that Ozonetel does not answer is told once, and another trouble beside it", async () => {
  const script = await draw("queue-silent", { theme: "light", language: "de" });
  await expect.element(page.getByText(/^Ozonetel antwortet nicht\./).first()).toBeVisible();
  await expect.element(page.getByText("Ozonetel does not answer.")).not.toBeInTheDocument();
  const detail = "The sidecar at phone.helix.example did not answer within 8 s";
  await script.view((view) => ({
    ...view,
    queue: view.queue && {
      ...view.queue,
      order: view.queue.order && { ...view.queue.order, trouble: { hop: "timeout", detail } },
    },
  }));
  await expect.element(page.getByText(detail)).toBeInTheDocument();
});
