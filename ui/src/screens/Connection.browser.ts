import { afterEach, expect, test, vi } from "vitest";
import { page } from "vitest/browser";

import { clear, draw, show } from "../scripted/mounted";
import { certificate, NOW } from "../scripted/states/ground";

afterEach(clear);

const row = (name: string) =>
  page
    .getByRole("main")
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: new RegExp(`^${name}`) }) });
const copied = (script: { asked: { command: string; args: unknown }[] }) =>
  script.asked.filter((it) => it.command === "copy").map((it) => (it.args as { text: string }).text);

test("each part is shown with its proof and the age of it", async () => {
  await show("connection-queue");
  await expect
    .element(row("Session"))
    .toHaveTextContent(/proven.*Ana Pereira.* on .*DESK-14.*Confirmed .?1\d.* ago.*Ends in .?5\d/);
  await expect
    .element(row("Server"))
    .toHaveTextContent(/proven.*Connected since .?\d+:\d\d.*Heard .?\d+.* ago/);
  await expect
    .element(row("Line"))
    .toHaveTextContent(/proven.*523514.* at .*sip\.helix\.example.*Expires in .?04:\d\d/);
  await expect
    .element(row("Queue"))
    .toHaveTextContent(/proven.*Paused – .?Lunch.*Confirmed .?1\d.* ago.*Since .?\d+:\d\d/);
  await expect.element(row("Microphone")).toHaveTextContent(/not proven.*Jabra Evolve2 65.*not checked yet/);
  await expect.element(row("Keyring")).toHaveTextContent(/proven.*kept in this computer's keyring/);
});

test.each([
  ["connection-link-down", "Server", /fault.*The server cannot be reached.*Trying again in \d+ s.*port 444/],
  ["connection-link-down", "Line", /working.*Registering…/],
  ["connection-line-refused", "Line", /fault.*refused extension.*5235••.*403 Forbidden/],
  ["connection-at-risk", "Session", /working.*cannot be confirmed.*port 443/],
  ["connection-queue-unset", "Queue", /proven.*Say when you are ready.*Confirmed .?1\d.* ago/],
  ["connection-queue-failed", "Queue", /fault.*Confirmed .?1\d.* ago.*agent9 logged in/],
  ["connection-opening", "Server", /working.*Connecting…/],
  ["connection-no-microphone", "Microphone", /fault.*Plug in a headset/],
  ["connection-checked", "Microphone", /proven.*Sounds good.*Checked at .?\d+:\d\d/],
  ["connection-checked", "Speaker", /proven.*Jabra Evolve2 65.*If you heard nothing, make it louder/],
  [
    "connection-checked",
    "Voice path",
    /proven.*leaves this network and comes back.*proven by a call alone.*at most .?24.? ms.*UDP 192.168.1.20:50000 – 203.0.113.9:40000/,
  ],
  ["connection-check-failed", "Speaker", /fault.*Jabra Evolve2 65.*another program/i],
  ["connection-check-failed", "Voice path", /fault.*no answer.*let UDP through.*STUN 203.0.113.5:3478/],
  ["connection-path-unasked", "Voice path", /not proven.*Only a call can prove it/],
  ["connection-checking", "Microphone", /working.*Speak now/],
  ["connection-checking", "Voice path", /working.*Looking for the way of the sound/],
  ["connection-in-call", "Microphone", /proven.*it hears you now/],
  [
    "connection-in-call",
    "Voice path",
    /proven.*Direct, without a relay.*Opus.*at most .?30.? ms.*Good.*UDP 192.168.1.20:50412 – 203.0.113.7:30118/,
  ],
  ["connection-relayed", "Voice path", /proven.*By way of a relay of the other side.*G.711 A-law/],
  ["connection-silent", "Voice path", /fault.*Nothing arrives at present/],
  ["connection-poor", "Voice path", /fault.*Poor/],
  ["connection-connecting", "Voice path", /working.*Looking for the way of the sound/],
  ["connection-vault-memory", "Keyring", /not proven.*memory only.*After a restart you sign in again/],
  ["connection-vault-failed", "Keyring", /fault.*The keyring does not answer/],
])("%s: %s", async (scene, name, words) => {
  await show(scene);
  await expect.element(row(name)).toHaveTextContent(words);
});

test("where no session is needed there is no row for it", async () => {
  await show("connection-fallback");
  await expect.element(row("Line")).toBeVisible();
  await expect.element(row("Session")).not.toBeInTheDocument();
});

test("nothing is said to be proven that nobody has checked", async () => {
  await show("connection");
  await expect.element(row("Voice path")).toHaveTextContent(/not proven.*Not checked yet/);
  await expect.element(row("Speaker")).toHaveTextContent(/not proven.*not checked yet/);
});

test("where there is no line, there is no way of the sound", async () => {
  const script = await show("connection");
  await script.view((view) => ({ ...view, line: { state: "off" } }));
  await expect.element(row("Voice path")).not.toBeInTheDocument();
});

test("the ages go on by themselves", async () => {
  await show("connection");
  const seconds = () => Number(/Heard \D*(\d+)/.exec(row("Server").element().textContent)?.[1]);
  const first = seconds();
  await expect.poll(seconds, { timeout: 5_000 }).toBeGreaterThan(first);
});

test("reconnect gives the order, or says why not", async () => {
  const script = await show("connection-link-down");
  await page.getByRole("button", { name: "Reconnect", exact: true }).click();
  await expect.poll(() => script.orders()).toContainEqual({ command: "reconnect" });
  script.refuse("reconnect", "signed_out", "Nobody is signed in");
  await page.getByRole("button", { name: "Reconnect", exact: true }).click();
  await expect
    .element(page.getByRole("main").getByRole("alert"))
    .toHaveTextContent(/^That did not work\. The computer says: .?Nobody is signed in.?$/);
});

test("the whole phone is checked, and the server's answer told", async () => {
  const script = await show("connection");
  const check = page.getByRole("button", { name: "Check my phone" });
  await check.click();
  await expect.poll(() => script.orders()).toContainEqual({ command: "check" });
  await expect.element(page.getByText("Checking…")).toBeVisible();
  await expect.element(check).toBeDisabled();
  await script.view((view) => ({
    ...view,
    server_check: { state: "reached", took_ms: 84, at: NOW },
  }));
  await expect.element(page.getByText(/answers \(84.ms\)/)).toBeVisible();
  await expect.element(check).toBeDisabled();
  await script.view((view) => ({ ...view, path_check: { state: "no_server", at: NOW } }));
  await expect.element(check).toBeEnabled();
});

test("a clock that is off is told with the difference, and beside a certificate out of its time", async () => {
  const script = await show("connection-clock-off");
  const told = (alert: RegExp) => expect.element(page.getByText(alert).first()).toBeVisible();
  await script.view((view) => ({
    ...view,
    server_check: { state: "reached", took_ms: 84, clock_ahead_ms: -7_260_000, at: NOW },
  }));
  await told(/^This computer's clock is .?2\sh 1\smin.? off\.$/);
  await script.view((view) => ({
    ...view,
    link: {
      state: "down",
      host: "sip.helix.example",
      hop: "tls",
      detail: "The certificate of sip.helix.example is not valid before 2026-11-22 12:00 UTC",
      facts: certificate("not_yet_valid", { valid: Date.UTC(2026, 10, 22, 12) }),
      retry_at: NOW + 30_000,
    },
  }));
  await told(/Certificate is not valid before .?(22 November|November 22)/);
  await expect
    .poll(() => page.getByText(/clock is .?2\sh 1\smin.? off/).elements().length)
    .toBeGreaterThan(1);
});

test("what is said and copied of a phone server that is not found names it, not the sidecar", async () => {
  const script = await show("connection-link-dns");
  await expect.element(row("Server")).toHaveTextContent(/sip\.helix\.example.? is unknown on this network/);
  await page.getByRole("button", { name: "Copy for IT" }).click();
  const copied = () => script.asked.find((it) => it.command === "copy")?.args;
  await expect
    .poll(copied)
    .toMatchObject({ text: expect.stringContaining("\nsip.helix.example is unknown on this network") });
});

test("that something was copied is said for a moment, and that it was not, too", async () => {
  const begun = performance.now();
  const now = vi.spyOn(performance, "now").mockImplementation(() => begun);
  const script = await show("connection-link-dns");
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  await button("Copy for IT").click();
  await expect.element(button("Copied")).toBeVisible();
  now.mockImplementation(() => begun + 4_000);
  await expect.element(button("Copy for IT")).toBeVisible();
  script.refuse("copy", "failed", "The clipboard took nothing");
  await button("Copy for IT").click();
  await expect.element(page.getByText(/The clipboard took nothing/).first()).toBeVisible();
  await expect.element(button("Copied")).not.toBeInTheDocument();
  now.mockRestore();
});

test("a proxy that lets no voice signalling through is told so", async () => {
  await show("connection-link-proxy");
  await expect.element(page.getByText("Voice signalling cannot pass.")).toBeVisible();
  await expect.element(page.getByText(/The proxy does not allow port .?444/).first()).toBeVisible();
});

test("a check that the tray asked for is seen, once", async () => {
  const script = await show("ready");
  await script.view((view) => ({ ...view, server_check: { state: "reached", took_ms: 84, at: NOW } }));
  await script.window({ check_asked_at: NOW });
  await expect.element(page.getByText(/answers \(84.ms\)/)).toBeVisible();
  await page.getByRole("button", { name: "Back" }).click();
  await script.view((view) => ({ ...view }));
  await expect.element(page.getByRole("heading", { name: "Connection" })).not.toBeInTheDocument();
});

test("a check that the tray asked for long ago does not open the panel again", async () => {
  await draw("ready", { theme: "light", language: "en" }, (state) => ({
    ...state,
    window: { ...state.window, check_asked_at: NOW - 60_000 },
  }));
  await expect.element(page.getByRole("heading", { name: "Connection" })).not.toBeInTheDocument();
});

test("all of it is copied as text, without a secret", async () => {
  const script = await show("connection-line-refused");
  await page.getByRole("main").getByRole("button", { name: "Copy" }).click();
  await expect.poll(() => copied(script)).toHaveLength(1);
  const text = copied(script)[0] ?? "";
  expect(text).toMatch(/^Session: proven · /m);
  expect(text).toMatch(/^Line: fault · .*403 Forbidden$/m);
  expect(text).toContain("Helix Phone 0.1.0, linux, DESK-14");
  await expect.element(page.getByRole("button", { name: "Copied" })).toBeVisible();
});

test("what has a fault is seen in the least window without scrolling, and the rest keeps its order", async () => {
  await page.viewport(320, 480);
  await show("connection-check-failed");
  const parts = () =>
    page
      .getByRole("main")
      .getByRole("heading", { level: 2 })
      .elements()
      .map((it) => it.firstChild?.textContent?.trim());
  await expect
    .poll(parts)
    .toEqual(["Voice path", "Speaker", "Session", "Server", "Line", "Microphone", "Keyring"]);
  const first = row("Voice path").element().getBoundingClientRect();
  const body = row("Voice path").element().closest("[role=group]")?.getBoundingClientRect();
  expect(body?.bottom).toBeGreaterThan(first.top + 60);
});
