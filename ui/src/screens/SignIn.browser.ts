import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";

import { refusal } from "../lib/orders.svelte";
import { typed } from "../lib/typed.svelte";
import { setLanguage } from "../lib/words.svelte";
import { clear, draw, show } from "../scripted/mounted";
import { STATES, type Name } from "../scripted/states";
import { NOW } from "../scripted/states/ground";

const PASSWORD = "correct horse";

const email = () => page.getByLabelText("Email or user");
const password = () => page.getByLabelText("Password", { exact: true });
const signIn = () => page.getByRole("button", { name: "Sign in", exact: true });

beforeEach(() => (typed.email = ""));
afterEach(async () => {
  vi.restoreAllMocks();
  await clear();
});

/** All that the page holds as text or value. */
const held = () =>
  document.body.textContent + [...document.querySelectorAll("input")].map((input) => input.value).join("\n");

test("the password goes to the phone once and is kept nowhere; the email stays when the sign-in fails", async () => {
  const script = await show("signed-out");
  await email().fill("ana@helix.example");
  await password().fill(PASSWORD);
  await userEvent.keyboard("{Enter}");
  await expect.element(page.getByText("Signing in…")).toBeVisible();
  expect(script.orders()).toEqual([
    { command: "sign_in", email: "ana@helix.example", password: PASSWORD, takeover: false },
  ]);
  expect(held()).not.toContain(PASSWORD);

  await script.view(() => STATES["wrong-password"]().view);
  await expect.element(page.getByText("Wrong user or password")).toBeVisible();
  await expect.element(email()).toHaveValue("ana@helix.example");
  await expect.element(password()).toHaveFocus();
  expect(held()).not.toContain(PASSWORD);
});

test("an order that was not taken leaves the password where it is", async () => {
  const script = await show("signed-out");
  script.refuse("sign_in", "stopping", "The phone is stopping");
  await email().fill("ana@helix.example");
  await password().fill(PASSWORD);
  await signIn().click();
  await expect.element(page.getByRole("heading", { name: "That is not possible now." })).toBeVisible();
  await expect.element(password()).toHaveValue(PASSWORD);
});

test("what is missing is asked for where it is missing", async () => {
  const script = await show("signed-out");
  await signIn().click();
  await expect.element(email()).toHaveFocus();
  await expect.element(email()).toHaveAccessibleDescription("Enter your email or user name");
  await email().fill("ana");
  await signIn().click();
  await expect.element(password()).toHaveAccessibleDescription("Enter your password");
  expect(script.orders()).toEqual([]);
});

test("what is missing is told in the language that is chosen then", async () => {
  await show("signed-out");
  await signIn().click();
  await expect.element(email()).toHaveAccessibleDescription("Enter your email or user name");
  await setLanguage("de");
  await expect
    .element(page.getByRole("textbox").first())
    .toHaveAccessibleDescription("Geben Sie E-Mail oder Benutzernamen ein");
});

test("steps tick until the line is proven", async () => {
  const script = await show("signing-in");
  const steps = page.getByRole("list", { name: "Steps" });
  await expect
    .element(steps)
    .toHaveTextContent("Server: working Account: waiting Session: waiting Line: waiting");
  await script.view(() => STATES["signing-in-line"]().view);
  await expect.element(steps).toHaveTextContent("Server: done Account: done Session: working Line: working");
  await script.view(() => STATES.ready().view);
  await expect.element(page.getByRole("heading", { name: "Ready" })).toBeVisible();
});

test("where there is a queue it is a step that is told, and holds nobody up", async () => {
  const script = await show("signing-in");
  const steps = page.getByRole("list", { name: "Steps" });
  await script.view(() => STATES["signing-in-queue"]().view);
  await expect.element(steps).toHaveTextContent("Line: working Queue: working");
  await script.view((view) => ({
    ...view,
    queue: view.queue && { ...view.queue, login: { state: "in" } },
  }));
  await expect.element(steps).toHaveTextContent("Line: working Queue: done");
  await script.view(() => STATES["queue-pending"]().view);
  await expect.element(steps).not.toBeInTheDocument();
});

test("a line that is refused ends the steps and says why", async () => {
  const script = await show("signing-in");
  await script.view(() => STATES["line-refused"]().view);
  await expect.element(page.getByText("The phone server refused extension").first()).toBeVisible();
  expect(page.getByRole("list", { name: "Steps" }).elements()).toEqual([]);
});

test.each<[Name, string]>([
  ["server-locked", "Set by your organisation"],
  ["server-given", "Set when this program was started"],
])("%s: a server that is not to be changed says who has set it", async (name, words) => {
  await show(name);
  await expect.element(page.getByText(words)).toBeVisible();
  await expect.element(page.getByRole("button", { name: "Change" })).not.toBeInTheDocument();
});

test("too many tries count down, and the form waits for them", async () => {
  const now = vi.spyOn(performance, "now");
  const begun = performance.now();
  now.mockImplementation(() => begun);
  await show("too-many-tries");
  await expect.element(page.getByText("Wait 36 s.")).toBeVisible();
  await expect.element(signIn()).toBeDisabled();
  now.mockImplementation(() => begun + 36_000);
  await expect.element(page.getByText("You can try again now.")).toBeVisible();
  await expect.element(signIn()).toBeEnabled();
  now.mockRestore();
});

test("who had too many tries keeps nobody else from signing in", async () => {
  const script = await show("signed-out");
  await email().fill("ana");
  await password().fill(PASSWORD);
  await signIn().click();
  await expect.poll(() => script.orders()).toHaveLength(1);
  await script.view(() => STATES["too-many-tries"]().view);
  await expect.element(signIn()).toBeDisabled();
  await email().fill("ben");
  await expect.element(signIn()).toBeEnabled();
  await email().fill("ana");
  await expect.element(signIn()).toBeDisabled();
});

test.each<Name>(["unreachable-tcp", "server-trouble"])(
  "%s is over when the server has answered since",
  async (name) => {
    const script = await show(name);
    await page.getByRole("button", { name: "Check my connection" }).click();
    await expect.element(page.getByRole("main").getByRole("alert")).toBeVisible();
    await script.view((view) => ({ ...view, server_check: { state: "reached", took_ms: 3, at: NOW } }));
    await expect.element(page.getByText(/answers/)).toBeVisible();
    await expect.element(page.getByRole("main").getByRole("alert")).not.toBeInTheDocument();
  },
);

test("a language that is refused leaves the one that is spoken, and is told", async () => {
  const script = await show("signed-out");
  script.refuse("set_window", "failed", "The disk is full");
  const language = page.getByLabelText("Language");
  await language.selectOptions("de");
  await expect.element(language).toHaveValue("en");
  await expect.element(page.getByRole("main").getByRole("alert")).toHaveTextContent("The disk is full");
});

test("whose e-mail is not known either is asked for that, not for the password that is there", async () => {
  const script = await show("held-elsewhere");
  await page.getByRole("textbox", { name: /password/ }).fill(PASSWORD);
  await page.getByRole("button", { name: "Ask to move it here" }).click();
  await expect.element(email()).toHaveFocus();
  await expect.element(email()).toHaveAccessibleDescription("Enter your email or user name");
  expect(script.orders()).toEqual([]);
});

test.each<Name>(["held-elsewhere", "asking", "resuming", "no-phone"])(
  "%s shows why an order was not taken, and the next screen does not",
  async (name) => {
    const script = await show(name);
    refusal.tell("The phone does not answer");
    await expect.element(page.getByRole("main")).toHaveTextContent("The phone does not answer");
    await script.view((view) => ({ ...view, account: { state: "signing_out" } }));
    await expect.element(page.getByRole("main")).toHaveTextContent("Signing out");
    await expect.element(page.getByRole("main")).not.toHaveTextContent("The phone does not answer");
  },
);

test.each<[Name, string, string]>([
  ["bad-request", "The server did not take this sign-in", "email must be an email"],
  ["server-trouble", "The server has trouble", "503 Upstream is not available"],
  ["unreachable-dns", "Cannot find the server", "phone.helix.example"],
  ["unreachable-tcp", "The server cannot be reached", "port 443"],
  ["unreachable-proxy", "The company proxy wants a sign-in", "407"],
  ["unreachable-tls", "The server's certificate is not trusted", "this machine does not trust"],
  ["unreachable-tls-time", "Certificate expired on", "expired on 2026-05-03"],
  [
    "unreachable-http",
    "The server gave no answer that makes sense",
    "If this is a guest network, open its sign-in page",
  ],
  ["unreachable-timeout", "The server does not answer", "did not answer"],
  ["bad-account", "Your phone is not set up right", "sipWsServer"],
])("%s is told as %j", async (name, title, detail) => {
  await show(name);
  const alert = page.getByRole("alert").filter({ hasText: title });
  await expect.element(alert).toBeVisible();
  await expect.element(alert).toHaveTextContent(detail);
});

test("another server is set before anybody signs in there, and one that cannot be is told at the field", async () => {
  const script = await show("signed-out");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByLabelText("Server").fill("ftp://nowhere");
  await email().fill("ana");
  await password().fill(PASSWORD);
  for (const [code, words] of [
    ["invalid_server", "This address cannot be used. It begins with https://"],
    [
      "server_not_allowed",
      "Your organisation allows other servers only. Ask your administrator for the address.",
    ],
  ] as const) {
    script.refuse("set_server", code, "In other words");
    await signIn().click();
    await expect.element(page.getByLabelText("Server")).toHaveFocus();
    await expect.element(page.getByLabelText("Server")).toHaveAccessibleDescription(words);
  }
  await page.getByLabelText("Server").fill("https://other.example");
  await signIn().click();
  await expect.poll(() => script.asked.slice(-2).map((it) => it.command)).toEqual(["set_server", "order"]);
});

test("while a server is being set nothing can be pressed a second time", async () => {
  const script = await show("signed-out");
  let set = () => {};
  script.window = () => new Promise((resolve) => (set = resolve));
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByLabelText("Server").fill("https://other.example");
  await email().fill("ana");
  await password().fill(PASSWORD);
  await signIn().click();
  await expect.element(signIn()).toBeDisabled();
  await expect.element(page.getByRole("button", { name: "Check my connection" })).toBeDisabled();
  set();
  await expect.poll(() => script.orders()).toHaveLength(1);
  expect(script.asked.filter((it) => it.command === "set_server")).toHaveLength(1);
});

test("a check without a network says what to do, for nothing is tried again by itself", async () => {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  const script = await show("signed-out");
  await page.getByRole("button", { name: "Check my connection" }).click();
  await script.view((view) => ({
    ...view,
    server_check: { state: "failed", hop: "dns", detail: "It cannot be resolved", at: NOW },
  }));
  const alert = page.getByRole("main").getByRole("alert");
  await expect.element(alert).toHaveTextContent(/No network.*Connect it, then try again\./);
});

test("the connection is checked before anybody signs in, with the server that was typed", async () => {
  const script = await show("signed-out");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByLabelText("Server").fill("https://other.example");
  await page.getByRole("button", { name: "Check my connection" }).click();
  await expect.poll(() => script.asked.slice(-2).map((it) => it.command)).toEqual(["set_server", "order"]);
  expect(script.orders()).toEqual([{ command: "check" }]);
  await expect.element(page.getByText("Checking…")).toBeVisible();
  await script.view((view) => ({
    ...view,
    server_check: { state: "failed", hop: "dns", detail: "It cannot be resolved", at: NOW },
  }));
  const alert = page.getByRole("main").getByRole("alert");
  await expect.element(alert).toHaveTextContent("Cannot find the server");
  await expect.element(alert).toHaveTextContent("It cannot be resolved");
});

test("an answer to an earlier question is not shown", async () => {
  const script = await show("signed-out");
  await script.view((view) => ({
    ...view,
    server_check: { state: "reached", took_ms: 84, at: NOW },
  }));
  await expect.element(page.getByRole("button", { name: "Check my connection" })).toBeEnabled();
  await expect.element(page.getByText(/answers \(84.ms\)/)).not.toBeInTheDocument();
});

test("a phone held by the same person is asked for, and the password goes to the phone once", async () => {
  typed.email = "ana@helix.example";
  const script = await show("held-elsewhere");
  await page.getByLabelText("Your password once more, to move it").fill(PASSWORD);
  expect(page.getByRole("button", { name: "Move it here", exact: true }).elements()).toEqual([]);
  await page.getByRole("button", { name: "Ask to move it here" }).click();
  await expect.element(page.getByRole("main").getByText(/^Waiting for .*DESK.*14.*… \d+\ss$/)).toBeVisible();
  expect(script.orders()).toEqual([
    { command: "ask_to_move", email: "ana@helix.example", password: PASSWORD },
  ]);
  expect(held()).not.toContain(PASSWORD);

  await script.view(() => STATES["asking-after-call"]().view);
  await expect
    .element(page.getByRole("main"))
    .toHaveTextContent("It will move after the current call. Keep this window open.");
  await page.getByRole("button", { name: "Cancel" }).click();
  expect(script.orders().at(-1)).toEqual({ command: "sign_out" });
});

test.each<[Name, RegExp]>([
  ["not-moved-refused", /DESK.*14.* said no\.$/],
  ["not-moved-unanswered", /DESK.*14.* does not answer\.$/],
])("%s: it can be moved all the same", async (name, words) => {
  typed.email = "ana@helix.example";
  const script = await show("asking");
  await script.view(() => STATES[name]().view);
  await expect.element(page.getByRole("main").getByText(words)).toBeVisible();
  await expect.element(page.getByRole("heading", { name: "Your phone is in use" })).toHaveFocus();
  await page.getByLabelText("Your password once more, to move it").fill(PASSWORD);
  await page.getByRole("button", { name: "Move it here", exact: true }).click();
  await expect
    .poll(() => script.orders())
    .toEqual([{ command: "sign_in", email: "ana@helix.example", password: PASSWORD, takeover: true }]);
  expect(held()).not.toContain(PASSWORD);
});

test.each<Name>(["not-moved-superseded", "not-moved-lapsed"])(
  "%s: it can be asked for once more",
  async (name) => {
    await show(name);
    await expect.element(page.getByRole("button", { name: "Ask to move it here" })).toBeVisible();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.element(signIn()).toBeVisible();
  },
);

test("who takes the request back is at the sign-in again", async () => {
  const script = await show("asking");
  await script.view((view) => ({
    ...view,
    account: {
      state: "signed_out",
      reason: { code: "not_moved", device_name: "DESK-14", why: "withdrawn" },
      since: view.account.state === "signed_out" ? view.account.since : 0,
    },
  }));
  await expect.element(signIn()).toBeVisible();
});

test("where the holder cannot be asked, the phone is moved here with the password once more", async () => {
  typed.email = "ana@helix.example";
  const script = await show("held-not-askable");
  await expect
    .element(page.getByText("You are already logged in on another device. Please log out there first."))
    .toBeVisible();
  await page.getByLabelText("Your password once more, to move it").fill(PASSWORD);
  await page.getByRole("button", { name: "Move it here" }).click();
  await expect
    .poll(() => script.orders())
    .toEqual([{ command: "sign_in", email: "ana@helix.example", password: PASSWORD, takeover: true }]);
  expect(held()).not.toContain(PASSWORD);
});

test("the name of the other computer is in one line, however wide the window is", async () => {
  await show("held-elsewhere");
  const sentence = page.getByText(/^You are signed in on/).element().firstChild;
  if (sentence?.textContent == null) {
    throw new Error("Nowhere is written where");
  }
  const name = document.createRange();
  name.setStart(sentence, sentence.textContent.indexOf("LAPTOP"));
  name.setEnd(sentence, sentence.textContent.indexOf("7") + 1);
  expect(name.toString()).toHaveLength("LAPTOP-7".length + 1);
  const heights = new Set<number>();
  for (let width = 240; width < 420; width += 6) {
    await page.viewport(width, 600);
    const { height } = name.getBoundingClientRect();
    heights.add(height);
  }
  expect(heights.size).toBe(1);
});

test("and is copied as it is written", async () => {
  const script = await draw("held-elsewhere", { theme: "light", language: "en" }, (state) => {
    const { account } = state.view;
    if (account.state !== "signed_out" || account.reason?.code !== "held_elsewhere") {
      throw new Error("The phone is not held elsewhere");
    }
    const reason = { ...account.reason, same_member: null };
    return { ...state, view: { ...state.view, account: { ...account, reason } } };
  });
  await page.getByRole("button", { name: "Copy for support" }).click();
  await expect
    .poll(() => script.asked.filter((it) => it.command === "copy").map((it) => it.args))
    .toEqual([{ text: expect.stringContaining("LAPTOP-7") as string }]);
});

test.each<Name>(["held-unknown", "held-by-another"])("%s is not offered to be moved", async (name) => {
  await show(name);
  await expect.element(page.getByText("It frees itself in up to 60 minutes.")).toBeVisible();
  expect(page.getByRole("button", { name: "Move it here" }).elements()).toEqual([]);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.element(signIn()).toBeVisible();
});

test("what was wrong with the settings file is told before anybody signs in", async () => {
  const script = await show("signed-out");
  await script.window({ complaints: ["settings.toml is broken: it is kept as settings.toml.broken-1"] });
  await expect.element(page.getByRole("status")).toHaveTextContent("settings.toml is broken");
});

test.each<[Name, string]>([
  ["signed-out-by-user", "Signed out. Your phone is free."],
  ["signed-out-unconfirmed", "other devices may find your phone in use for up to 59 min"],
])("%s: %s", async (state, words) => {
  await show(state);
  await expect.element(page.getByText(words)).toBeVisible();
  expect(page.getByText("Your phone is free").elements()).toHaveLength(
    state === "signed-out-by-user" ? 1 : 0,
  );
});
