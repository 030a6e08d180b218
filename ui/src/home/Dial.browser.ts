import { afterEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, show } from "../scripted/mounted";

const field = () => page.getByLabelText("Name or number");
const call = () => page.getByRole("button", { name: "Call", exact: true });

afterEach(clear);

test("what is pasted is cleaned, shown as it is dialled, and dialled so", async () => {
  const script = await show("ready");
  await field().fill("+44 (0)20 7946-0958");
  await expect.element(field()).toHaveAccessibleDescription(/\+442079460958.*\(as dialled\)/);
  await call().click();
  await expect.poll(() => script.orders()).toEqual([{ command: "dial", target: "+442079460958" }]);
});

test("a number that is too short is not dialled", async () => {
  const script = await show("ready");
  await field().fill("7");
  await userEvent.keyboard("{Enter}");
  await expect.element(field()).toHaveAccessibleDescription("This number is too short.");
  expect(script.orders()).toEqual([]);
});

test("what the phone will not dial stays in the field, with the reason", async () => {
  const script = await show("ready");
  script.refuse("dial", "invalid_target", "This cannot be called: a space in the user part");
  await field().fill("ana b");
  await call().click();
  await expect.element(field()).toHaveAccessibleDescription("This number cannot be called.");
  await expect.element(field()).toHaveValue("ana b");
});

test("what the organisation does not want called is said under the field", async () => {
  const script = await show("ready");
  script.refuse("dial", "not_allowed", "Calls to this number are not allowed by your organisation");
  await field().fill("+49 900 123");
  await call().click();
  await expect
    .element(field())
    .toHaveAccessibleDescription(/Calls to this number are not allowed by your organisation\./);
  await expect.element(field()).toHaveValue("+49 900 123");
});

test("who dials for help reads what to do, in the organisation's words", async () => {
  const script = await show("ready");
  const text = "This phone cannot call emergency services. Use a mobile.";
  script.refuse("dial", "emergency", `${text}\u202e<b>`);
  await field().fill("112");
  await userEvent.keyboard("{Enter}");
  await expect.element(field()).toHaveAccessibleDescription(`${text}<b>`);
  await expect.element(page.getByText(`${text}<b>`)).toBeVisible();
});

test("a call back that is not allowed says so", async () => {
  const script = await show("ready");
  script.refuse("dial", "not_allowed", "Calls to this number are not allowed by your organisation");
  await page.getByRole("button", { name: "Call back" }).click();
  await expect
    .element(page.getByText("Calls to this number are not allowed by your organisation.").first())
    .toBeVisible();
});

test("a name is found in the history of this computer", async () => {
  const script = await show("ready");
  await field().fill("lucí");
  await page.getByRole("button", { name: "Lucía" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "dial", target: "+34910123456" }]);
});

test("the keypad writes where the caret is", async () => {
  await show("ready");
  await page.getByRole("button", { name: "Show keypad" }).click();
  for (const key of ["7", "0", "#"]) {
    await page.getByRole("button", { name: key, exact: true }).click();
  }
  await expect.element(field()).toHaveValue("70#");
  await page.getByRole("button", { name: "Erase" }).click();
  await expect.element(field()).toHaveValue("70");
});

test.each(["16px", "32px"])("the button beside the field is as high, in text of %s", async (size) => {
  await show("ready");
  document.documentElement.style.fontSize = size;
  const button = page.getByRole("button", { name: "Call", exact: true }).element().getBoundingClientRect();
  const field = document.querySelector(".box")?.getBoundingClientRect();
  document.documentElement.style.fontSize = "";
  expect(button.height).toBe(field?.height);
  expect(button.width).toBe(button.height);
});
