// Where the focus is after a screen has changed, and what is kept while its user looks elsewhere.

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, show } from "./scripted/mounted";
import { STATES } from "./scripted/states";

beforeAll(() => page.viewport(320, 480));
afterEach(clear);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const main = () => page.getByRole("main");
const field = () => page.getByLabelText("Name or number");

describe("the focus stays in the body", () => {
  test("when a call is answered, and when it is over", async () => {
    const script = await show("ringing");
    await button("Answer").click();
    await expect.element(button("Hang up")).toBeVisible();
    await expect.element(main()).toHaveFocus();
    await userEvent.tab();
    await expect.element(button("Mute")).toHaveFocus();
    await script.view(() => STATES["ended-remote"]().view);
    await expect.element(main()).toHaveFocus();
  });

  test("when a number was dialled", async () => {
    await show("ready");
    await field().fill("700202");
    await userEvent.keyboard("{Enter}");
    await expect.element(button("Hang up")).toBeVisible();
    await expect.element(main()).toHaveFocus();
  });

  test("when the call is shown again", async () => {
    await show("history-in-call");
    page
      .getByRole("button", { name: /Show the call/ })
      .element()
      .focus();
    await userEvent.keyboard("{Enter}");
    await expect.element(main()).toHaveFocus();
  });
});

describe("whoever comes back from a panel goes on where it was opened", () => {
  test("in the frame", async () => {
    await show("ready");
    page
      .getByRole("button", { name: /^Sound/ })
      .element()
      .focus();
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByRole("heading", { name: "Sound", exact: true })).toHaveFocus();
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}{Enter}");
    await expect.element(page.getByRole("button", { name: /^Sound/ })).toHaveFocus();
  });

  test("in a list, which is seen there again", async () => {
    await show("more");
    const row = page.getByRole("main").getByRole("button", { name: "Connection", exact: true });
    await row.click();
    await expect.element(page.getByRole("heading", { name: "Connection", exact: true })).toHaveFocus();
    expect(main().element().scrollTop).toBe(0);
    await button("Back").click();
    await expect.element(row).toHaveFocus();
    expect(main().element().scrollTop).toBeGreaterThan(0);
  });

  test("but not who goes on to a tab", async () => {
    await show("more");
    await page.getByRole("main").getByRole("button", { name: "About", exact: true }).click();
    await button("History").click();
    await expect.element(button("History")).toHaveFocus();
  });
});

test("a number that is being typed is there again after a look elsewhere, and not for the next user", async () => {
  const script = await show("ready");
  await field().fill("70");
  await button("History").click();
  await button("Keypad").click();
  await expect.element(field()).toHaveValue("70");
  await button("More").click();
  await script.view(() => STATES["signed-out-by-user"]().view);
  await expect.element(page.getByLabelText("Email or user")).toBeVisible();
  await script.view(() => STATES.ready().view);
  await expect.element(field()).toHaveValue("");
});

test("a sheet in which something is to be filled in begins there", async () => {
  await show("talking-add");
  await expect.element(page.getByRole("dialog").getByLabelText("Name or number")).toHaveFocus();
});

test("a question is read with what hangs on it, and its safe answer has the focus", async () => {
  await show("quit-asked");
  const question = page.getByRole("alertdialog");
  await expect.element(question).toHaveAccessibleDescription("Quitting ends the call and signs you out.");
  await expect.element(button("Stay")).toHaveFocus();
});
