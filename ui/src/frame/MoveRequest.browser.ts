import { afterEach, expect, test } from "vitest";
import { page } from "vitest/browser";

import { clear, show } from "../scripted/mounted";
import { STATES } from "../scripted/states";

afterEach(clear);

const card = () => page.getByRole("region", { name: "Request of another device" });
const answers = () =>
  card()
    .getByRole("button")
    .elements()
    .map((it) => it.textContent.trim());

test.each([
  ["Move now", "now"],
  ["No, stay here", "no"],
] as const)("%s", async (words, answer) => {
  const script = await show("move-asked");
  await expect.element(card().getByRole("heading")).toHaveTextContent(/^Move your phone to .*LAPTOP.*7.*\?$/);
  await expect.element(card()).toHaveTextContent(/It asks now \(\d+\)\. Without an answer it moves\./);
  expect(answers()).toEqual(["Move now", "No, stay here"]);
  await card().getByRole("button", { name: words }).click();
  expect(script.orders()).toEqual([{ command: "answer_move", request: 12, answer }]);
});

test("in a call it may wait until that is over, and then think again", async () => {
  const script = await show("move-asked-in-call");
  await expect
    .element(card())
    .toHaveTextContent(/It asks now \(\d+\)\. Without an answer it moves after this call\./);
  expect(answers()).toEqual(["Move now", "After this call", "No, stay here"]);
  await card().getByRole("button", { name: "After this call" }).click();
  await expect
    .element(card().getByRole("heading"))
    .toHaveTextContent(/^Your phone moves to .*LAPTOP.*7.* after this call\.$/);
  expect(answers()).toEqual(["Move now", "No, stay here"]);
  await card().getByRole("button", { name: "Move now" }).click();
  expect(script.orders().map((it) => (it.command === "answer_move" ? it.answer : it.command))).toEqual([
    "after_call",
    "now",
  ]);
  await expect.element(card()).toHaveTextContent(/^Your phone moves to .*LAPTOP.*7.*…$/);
  expect(answers()).toEqual([]);
});

test("what silence has promised says so, and may be promised in so many words, given or refused", async () => {
  const script = await show("move-unanswered");
  const heading = card().getByRole("heading");
  await expect
    .element(heading)
    .toHaveTextContent(/^No answer: your phone moves to .*LAPTOP.*7.* when this call ends\.$/);
  expect(answers()).toEqual(["Move now", "After this call", "No, stay here"]);
  await card().getByRole("button", { name: "After this call" }).click();
  await expect.element(heading).toHaveTextContent(/^Your phone moves to .*LAPTOP.*7.* after this call\.$/);
  await expect
    .poll(() => document.querySelector('[aria-live="polite"].unseen')?.textContent)
    .toMatch(/^Your phone moves to .*LAPTOP.*7.* after this call\.$/);
  expect(answers()).toEqual(["Move now", "No, stay here"]);
  expect(script.orders()).toEqual([{ command: "answer_move", request: 12, answer: "after_call" }]);
});

test("in the work after a call it may wait as well, and silence does not", async () => {
  const script = await show("wrap-up");
  const asked = STATES["move-asked"]().view.move_request;
  await script.view((view) => ({ ...view, move_request: asked }));
  await expect.element(card()).toHaveTextContent(/Without an answer it moves\./);
  expect(answers()).toEqual(["Move now", "After this call", "No, stay here"]);
  await card().getByRole("button", { name: "After this call" }).click();
  expect(script.orders()).toEqual([{ command: "answer_move", request: 12, answer: "after_call" }]);
});

test("it is read aloud at once, and does not take the focus", async () => {
  const script = await show("ready");
  const field = page.getByLabelText("Name or number");
  await field.click();
  const asked = STATES["move-asked"]().view.move_request;
  await script.view((view) => ({ ...view, move_request: asked }));
  await expect
    .element(page.getByRole("alert"))
    .toHaveTextContent(/^.*LAPTOP.*7.* asks for your phone\. You have \d+ seconds to answer\.$/);
  await expect.element(field).toHaveFocus();
});

test("an answer that came too late is told", async () => {
  const script = await show("move-asked");
  script.refuse("answer_move", "unknown_request", "Nobody asks for this phone by request 12");
  await card().getByRole("button", { name: "Move now" }).click();
  await expect.element(page.getByRole("complementary")).toHaveTextContent("This request is over.");
});

test("who has moved here is told that the other device is signed out", async () => {
  const script = await show("ready");
  await script.happened({ type: "move.moved_here", device_name: "DESK-14" });
  await expect
    .element(page.getByRole("complementary"))
    .toHaveTextContent(/Moved here\. .*DESK.*14.* is signed out\./);
});

test("the bar shows who asks", async () => {
  await show("mini-move-asked");
  await expect.element(page.getByText(/^Move your phone to .*LAPTOP.*7.*\?$/)).toBeVisible();
});
