import { afterEach, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, show } from "../scripted/mounted";
import type { Script } from "../scripted/shell";
import { STATES } from "../scripted/states";

afterEach(clear);

const answers = (script: Script, command: string) =>
  script.asked.filter((it) => it.command === command).map((it) => it.args);

describe("quitting in a call", () => {
  const question = () => page.getByRole("alertdialog", { name: "You are on a call. Hang up and quit?" });

  test("is asked, and staying is what a hasty key does", async () => {
    const script = await show("quit-asked");
    await expect.element(question().getByRole("button", { name: "Stay" })).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => answers(script, "answer_quit")).toEqual([{ quit: false }]);
    await expect.element(question()).not.toBeInTheDocument();
  });

  test("Escape stays", async () => {
    const script = await show("quit-asked");
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => answers(script, "answer_quit")).toEqual([{ quit: false }]);
  });

  test("hangs up and quits where that is pressed", async () => {
    const script = await show("quit-asked");
    await question().getByRole("button", { name: "Hang up and quit" }).click();
    await expect.poll(() => answers(script, "answer_quit")).toEqual([{ quit: true }]);
  });

  test("tells of outcomes that are lost, in a call and without one", async () => {
    const lost = "2 outcomes are not saved yet. They would be lost.";
    const script = await show("quit-asked-unsaved");
    const unsaved = page.getByRole("alertdialog", { name: "Quit before all is saved?" });
    await expect.element(unsaved).toHaveTextContent(lost);
    await expect.element(unsaved).not.toHaveTextContent("call");
    await unsaved.getByRole("button", { name: "Quit" }).click();
    await expect.poll(() => answers(script, "answer_quit")).toEqual([{ quit: true }]);
    await clear();
    const inCall = await show("quit-asked");
    await inCall.view((view) => ({ ...view, queue: script.state().view.queue }));
    await expect.element(question()).toHaveTextContent("Quitting ends the call and signs you out.");
    await expect.element(question()).toHaveTextContent(lost);
  });

  test("that fails says why", async () => {
    const script = await show("quit-asked");
    script.refuse("answer_quit", "failed", "The phone does not answer");
    await question().getByRole("button", { name: "Hang up and quit" }).click();
    await expect.element(question().getByRole("alert")).toHaveTextContent("The phone does not answer");
  });
});

test("a sign-out that would end a call is asked about no more once the call has ended", async () => {
  const script = await show("more-sign-out-in-call");
  const question = page.getByRole("alertdialog");
  await expect.element(question).toBeVisible();
  await script.view((view) => ({ ...view, calls: [] }));
  await expect.element(question).not.toBeInTheDocument();
  expect(script.orders()).toEqual([]);
});

describe("a link that wants a number called", () => {
  const NOT_CALLED = { number: "+442079460958", dial: false };
  const question = () => page.getByRole("alertdialog", { name: "Call this number?" });

  test("is asked with its number, and called where that is pressed", async () => {
    const script = await show("link-asked");
    await expect.element(question()).toHaveTextContent("+442079460958");
    await question().getByRole("button", { name: "Call", exact: true }).click();
    await expect
      .poll(() => answers(script, "answer_link"))
      .toEqual([{ number: "+442079460958", dial: true }]);
    await expect.element(question()).not.toBeInTheDocument();
  });

  test("is not called by a hasty key, by Escape, or where that is pressed", async () => {
    const hasty = await show("link-asked");
    await expect.element(question().getByRole("button", { name: "Do not call" })).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => answers(hasty, "answer_link")).toEqual([NOT_CALLED]);
    await clear();
    const script = await show("link-asked");
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => answers(script, "answer_link")).toEqual([NOT_CALLED]);
    await clear();
    const again = await show("link-asked");
    await question().getByRole("button", { name: "Do not call" }).click();
    await expect.poll(() => answers(again, "answer_link")).toEqual([NOT_CALLED]);
  });

  test("tells what it does to the call that is", async () => {
    await show("link-asked-second");
    await expect.element(question()).toHaveTextContent("Your present call is put on hold.");
    await clear();
    await show("link-asked-in-call");
    await expect.element(question()).toHaveTextContent("You have as many calls as are allowed.");
    await expect.element(question().getByRole("button", { name: "Call", exact: true })).toBeDisabled();
  });

  test("cannot be called without a line", async () => {
    await show("link-asked-offline");
    await expect.element(question()).toHaveTextContent("Your line is not ready. No calls can be made.");
    await expect.element(question().getByRole("button", { name: "Call", exact: true })).toBeDisabled();
  });

  test("that is refused says why in the window", async () => {
    const script = await show("link-asked");
    script.refuse("answer_link", "invalid_target", "Not a number");
    await question().getByRole("button", { name: "Call", exact: true }).click();
    await script.window({ link: null });
    await expect.element(page.getByText("This number cannot be called.").first()).toBeVisible();
  });

  test("to a number for help says what to do", async () => {
    const script = await show("link-asked");
    script.refuse("answer_link", "emergency", "Use a mobile.");
    await question().getByRole("button", { name: "Call", exact: true }).click();
    await script.window({ link: null });
    await expect.element(page.getByText("Use a mobile.").first()).toBeVisible();
  });

  test("waits until somebody is signed in", async () => {
    const script = await show("signed-out");
    await script.window({ link: "+442079460958" });
    await expect.element(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
    await expect.element(question()).not.toBeInTheDocument();
  });
});

describe("a call that rings while something is asked is answered in the window:", () => {
  const question = () => page.getByRole("alertdialog");

  test.each([
    ["quit-asked", "answer_quit", [{ quit: false }]],
    ["more-sign-out-in-call", "sign_out", []],
    ["history-delete-all", "forget", []],
  ])("%s is taken back", async (scene, command, told) => {
    const script = await show(scene);
    await expect.element(question()).toBeVisible();
    const ringing = STATES[script.state().view.calls.length > 0 ? "second-call" : "ringing"]().view;
    await script.view(() => ringing);
    await expect.element(question()).not.toBeInTheDocument();
    await page.getByRole("button", { name: "Answer", exact: true }).click();
    const call = ringing.calls.at(-1)?.call;
    await expect.poll(() => script.orders()).toEqual([{ command: "answer", call }]);
    expect(answers(script, command)).toEqual(told);
  });

  test("a link waits and is asked about again", async () => {
    const script = await show("link-asked");
    await expect.element(question()).toBeVisible();
    const idle = script.state().view;
    await script.view(() => STATES.ringing().view);
    await expect.element(question()).not.toBeInTheDocument();
    await page.getByRole("button", { name: "Decline" }).click();
    await expect.poll(() => script.orders()).toEqual([{ command: "hang_up", call: 7 }]);
    await script.view(() => idle);
    await expect.element(question()).toHaveTextContent("+442079460958");
    expect(answers(script, "answer_link")).toEqual([]);
  });

  test("what is asked while it rings stays", async () => {
    const script = await show("ringing");
    await script.window({ quit_asked: true });
    await question().getByRole("button", { name: "Hang up and quit" }).click();
    await expect.poll(() => answers(script, "answer_quit")).toEqual([{ quit: true }]);
  });
});

test("the cross of a sheet keeps to its corner beside a long name", async () => {
  await page.viewport(320, 480);
  await show("history-details-hostile");
  const sheet = page.getByRole("dialog");
  const [title, cross] = [sheet.getByRole("heading"), sheet.getByRole("button", { name: "Close" })];
  await expect.element(title).toBeVisible();
  const [name, corner] = [title, cross].map((it) => it.element().getBoundingClientRect()) as [
    DOMRect,
    DOMRect,
  ];
  expect(name.height).toBeGreaterThan(corner.height);
  expect(corner.top).toBe(name.top);
  expect(corner.left).toBeGreaterThanOrEqual(name.right);
});
