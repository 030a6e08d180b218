import { afterEach, expect, test } from "vitest";
import { page } from "vitest/browser";

import { clear, show } from "../scripted/mounted";
import { STATES } from "../scripted/states";

afterEach(clear);

const header = () => page.getByRole("banner");
const state = () => header().getByRole("button", { name: /^State:/ });

test("without a queue there is no state to choose, no light and no row for it", async () => {
  await show("state-sheet");
  const dialog = page.getByRole("dialog");
  await expect.element(dialog.getByRole("button", { name: "Sign out" })).toBeVisible();
  await expect.element(dialog.getByRole("button", { name: "Ready", exact: true })).not.toBeInTheDocument();
  expect(document.body.textContent).not.toContain("Queue");
});

test("Ready is chosen from the state", async () => {
  const script = await show("queue-paused");
  await expect.element(state()).toHaveTextContent(/Paused – .?Lunch/);
  await state().click();
  await page.getByRole("dialog").getByRole("button", { name: "Ready", exact: true }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "ready" }]);
  await expect.element(state()).toHaveTextContent("Ready");
  await expect.element(page.getByRole("dialog")).not.toBeInTheDocument();
});

test("a pause is chosen with its reason, which is looked for where there are many", async () => {
  const script = await show("queue-menu-many");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabelText("Look for a reason").fill("COACH");
  await expect.element(dialog.getByRole("button", { name: "Tea" })).not.toBeInTheDocument();
  await dialog.getByRole("button", { name: "Coaching" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "pause", reason: "Coaching" }]);
  await expect.element(state()).toHaveTextContent(/Paused – .?Coaching/);
});

test("few reasons need no search, and none needs no choice", async () => {
  await show("queue-menu");
  const dialog = page.getByRole("dialog");
  await expect.element(dialog.getByRole("button", { name: "Tea" })).toBeVisible();
  await expect.element(dialog.getByLabelText("Look for a reason")).not.toBeInTheDocument();
  await clear();
  const script = await show("queue-menu-plain");
  await dialog.getByRole("button", { name: "Pause", exact: true }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "pause", reason: null }]);
});

test("in a call the next state is queued, shown beside the present one, and cancelled", async () => {
  const script = await show("queue-talking");
  await state().click();
  await expect.element(page.getByRole("dialog")).toHaveTextContent("After this call");
  await page.getByRole("dialog").getByRole("button", { name: "Lunch" }).click();
  await expect.element(state()).toHaveTextContent("On a call");
  const next = header().getByRole("button", { name: /^Then: .?Lunch.?\. Cancel$/ });
  await expect.element(next).toHaveTextContent(/Then: .?Lunch/);
  await next.click();
  await expect
    .poll(() => script.orders())
    .toEqual([{ command: "pause", reason: "Lunch" }, { command: "cancel_next" }]);
  await expect.element(next).not.toBeInTheDocument();
});

test("who was not signed in at the queue is told why, and tries again", async () => {
  const script = await show("queue-failed");
  await expect.element(state()).toHaveTextContent("Not ready – queue");
  const notices = page.getByRole("complementary", { name: "Notices" });
  await expect
    .element(notices)
    .toHaveTextContent(/Ozonetel did not sign you in.*agent9 logged in with the number \(523514\)/);
  await notices.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "ready" }]);
});

test("who has not said it yet is asked to", async () => {
  const script = await show("queue-unset");
  await expect.element(state()).toHaveTextContent("Say when you are ready");
  await page.getByRole("button", { name: "Go ready" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "ready" }]);
});

test.each([
  ["queue-refused", /Ozonetel refused: .?Paused – .?Lunch.*is in BUSY state/],
  ["queue-silent", /Ozonetel does not answer\. Trying again in .?8.? s/],
  ["queue-unsaved", /Could not save the outcome. We keep it and try again./],
])("%s is told", async (scene, words) => {
  await show(scene);
  await expect.element(page.getByRole("complementary", { name: "Notices" })).toHaveTextContent(words);
});

test.each([
  ["connection-queue", /proven.*Paused – .?Lunch.*Since .?\d+:\d\d/],
  ["connection-queue-failed", /fault.*did not sign you in.*agent9 logged in/],
  ["connection-queue-silent", /working.*Ready.*Trying again in .*Ozonetel does not answer/],
])("%s has a row for the queue", async (scene, words) => {
  await show(scene);
  const row = page
    .getByRole("main")
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: /^Queue/ }) });
  await expect.element(row).toHaveTextContent(words);
});

test("an outcome that is not saved is not lost without a question", async () => {
  const script = await show("queue-unsaved");
  await state().click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect.element(page.getByRole("alertdialog")).toHaveTextContent(/.?2.? outcomes are not saved yet/);
  await page.getByRole("button", { name: "Stay" }).click();
  expect(script.orders()).toEqual([]);
});

test("in the small window it is said for a while what was not taken, by the phone or by Ozonetel", async () => {
  const script = await show("mini-paused");
  script.refuse("ready", "not_signed_in", "");
  await page.getByRole("button", { name: "Go ready" }).click();
  await expect.element(page.getByText("That is not possible now.").first()).toBeVisible();
  await clear();

  const refused = STATES["queue-refused"]().view.queue?.refused ?? null;
  const other = await show("mini-paused");
  const message = page.getByRole("main").getByText(/^Ozonetel refused: /);
  const at = other.state().now;
  await other.view((view) => ({
    ...view,
    queue: view.queue && { ...view.queue, refused: refused && { ...refused, at: at - 9_000 } },
  }));
  await expect.element(message).toBeVisible();
  await expect.element(message).not.toBeInTheDocument();
});

test("in the small window a pause ends with one press", async () => {
  const script = await show("mini-paused");
  await page.getByRole("button", { name: "Go ready" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "ready" }]);
});
