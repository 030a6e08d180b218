import { afterEach, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import type { WindowSettings } from "../lib/phone";
import { clear, show } from "../scripted/mounted";
import type { Script } from "../scripted/shell";

afterEach(clear);

const set = (script: Script) =>
  script.asked
    .filter((it) => it.command === "set_window")
    .map((it) => (it.args as { settings: WindowSettings }).settings);
const choice = (name: string) => page.getByRole("combobox", { name, exact: true });
const key = (name: RegExp) => page.getByRole("button", { name });

test("the account is told as it is signed in", async () => {
  await show("more");
  const account = page.getByRole("region", { name: "Account" });
  await expect.element(account).toHaveTextContent("Ana Pereira");
  await expect.element(account).toHaveTextContent("ana@helix.example");
  await expect.element(account).toHaveTextContent("523514");
  await expect.element(account).toHaveTextContent("phone.helix.example");
  await expect.element(account).toHaveTextContent("DESK-14");
});

test("an account that is fixed is told by its address", async () => {
  await show("more-fallback");
  const account = page.getByRole("region", { name: "Account" });
  await expect.element(account).toHaveTextContent("sip:700201@sip.helix.example");
  await expect.element(account).not.toHaveTextContent("phone.helix.example");
});

test("language, theme and incoming calls are set, each alone", async () => {
  const script = await show("more");
  await choice("Appearance").selectOptions("Dark");
  await expect.poll(() => set(script).at(-1)).toMatchObject({ theme: "dark", incoming: "popup" });
  await choice("Incoming calls").selectOptions("Bring forward");
  await expect.poll(() => set(script).at(-1)).toMatchObject({ theme: "dark", incoming: "front" });
  await expect.element(page.getByText("This window comes to the front")).toBeVisible();
  await choice("Language").selectOptions("As the system");
  await expect.poll(() => set(script).at(-1)).toMatchObject({ theme: "dark", language: "" });
});

test("how calls are taken is an order of the phone", async () => {
  const script = await show("more");
  await expect.element(page.getByRole("switch", { name: "Tone before answering" })).not.toBeInTheDocument();
  await choice("Automatic answer").selectOptions("Always");
  await page.getByRole("switch", { name: "Tone before answering" }).click();
  await choice("Calls at once").selectOptions("3");
  await expect
    .poll(() => script.orders().at(-1))
    .toEqual({
      command: "set_calls",
      settings: { auto_answer: "always", auto_answer_tone: false, max_calls: 3 },
    });
});

test("start and close are switches, by keyboard too", async () => {
  const script = await show("more");
  page.getByRole("switch", { name: "Start with the computer" }).element().focus();
  await userEvent.keyboard(" ");
  await expect.poll(() => set(script).at(-1)?.autostart).toBe(true);
  await expect.element(page.getByRole("switch", { name: "Start with the computer" })).toBeChecked();
  await userEvent.tab();
  await userEvent.keyboard(" ");
  await expect.poll(() => set(script).at(-1)?.start_minimised).toBe(true);
  await page.getByRole("switch", { name: "Quit when the window is closed" }).click();
  await expect.poll(() => set(script).at(-1)?.quit_on_close).toBe(true);
  await expect.element(page.getByText("Closing the window signs you out")).toBeVisible();
});

test("what was refused stays as it was, with the reason beside it", async () => {
  const script = await show("more");
  script.refuse("set_window", "failed", "The desktop has no place for it");
  const autostart = page.getByRole("switch", { name: "Start with the computer" });
  await autostart.click();
  await expect
    .element(autostart)
    .toHaveAccessibleDescription(/^That did not work\. .*The desktop has no place for it/);
  await expect.element(autostart).not.toBeChecked();
  script.refuse("set_calls", "locked", "Set by policy");
  await choice("Calls at once").selectOptions("4");
  await expect.element(choice("Calls at once")).toHaveAccessibleDescription(/Set by policy/);
  await expect.element(choice("Calls at once")).toHaveDisplayValue("1");
});

describe("a key for other programs", () => {
  test("is taken by pressing it", async () => {
    const script = await show("more");
    await key(/^Mute Off/).click();
    await expect.element(key(/^Mute Press keys/)).toBeVisible();
    await userEvent.keyboard("{Control>}{Shift>}{F10}{/Shift}{/Control}");
    await expect.poll(() => set(script).at(-1)?.shortcuts.mute).toBe("Control+Shift+F10");
    await expect.element(key(/^Mute Ctrl\+Shift\+F10/)).toBeVisible();
    await page.getByRole("button", { name: /Turn off the keys of .*Mute/ }).click();
    await expect.poll(() => set(script).at(-1)?.shortcuts.mute).toBe("");
  });

  test("is none that is typed; Escape leaves it as it was", async () => {
    const script = await show("more");
    await key(/^Mute Off/).click();
    await userEvent.keyboard("m");
    await expect
      .element(key(/^Mute Press keys/))
      .toHaveAccessibleDescription("Choose an F key, alone or with Ctrl, Alt or Shift.");
    await userEvent.keyboard("{Escape}");
    await expect.element(key(/^Mute Off/)).toBeVisible();
    expect(set(script)).toEqual([]);
  });

  test("is not the key of something else here", async () => {
    const script = await show("more-set");
    await key(/^Mute Play/).click();
    await userEvent.keyboard("{F9}");
    await expect.element(key(/^Mute Play/)).toHaveAccessibleDescription(/already the keys of “.*Answer.*”/);
    expect(set(script)).toEqual([]);
  });

  test("that another program has is told at its own row", async () => {
    const script = await show("more");
    script.refuse("set_window", "shortcut_taken", "F9 is used by another program: choose another key");
    await key(/^Hang up or decline Off/).click();
    await userEvent.keyboard("{F9}");
    await expect
      .element(key(/^Hang up or decline Off/))
      .toHaveAccessibleDescription("Another program uses these keys. Choose others.");
    expect(key(/^Mute Off/).element()).not.toHaveAccessibleDescription(/Another/);
  });

  test("that another program had at the start is told at its own row, until another one is set", async () => {
    const script = await show("more-set");
    await script.window({ shortcuts_taken: ["mute"] });
    const said = "Another program uses these keys. Choose others.";
    await expect.element(key(/^Mute Play/)).toHaveAccessibleDescription(said);
    expect(key(/^Answer F9/).element()).not.toHaveAccessibleDescription(/Another/);
    await script.window({ shortcuts_taken: [] });
    await expect.element(key(/^Mute Play/)).not.toHaveAccessibleDescription(/Another/);
  });

  test("is not offered where the desktop gives none", async () => {
    await show("more-no-keys");
    await expect.element(key(/^Mute Off/)).toBeDisabled();
    await expect.element(page.getByText("This desktop does not give keys")).toBeVisible();
  });

  test("does nothing else while it is taken in a call", async () => {
    const script = await show("more-sign-out-in-call");
    await page.getByRole("alertdialog").getByRole("button", { name: "Stay" }).click();
    await key(/^Mute Off/).click();
    await userEvent.keyboard("m");
    await userEvent.keyboard("{F8}");
    await expect.poll(() => set(script).at(-1)?.shortcuts.mute).toBe("F8");
    expect(script.orders()).toEqual([]);
  });
});

test("what the organisation has set is locked and says so", async () => {
  await show("more-locked");
  for (const role of ["switch", "combobox"] as const) {
    const controls = page.getByRole("main").getByRole(role).elements();
    expect(controls.length).toBeGreaterThan(2);
    for (const control of controls) {
      expect(control).toBeDisabled();
      expect(control).toHaveAccessibleDescription(/Set by your organisation/);
    }
  }
  await expect.element(key(/^Answer Off/)).toBeDisabled();
});

test("the pages open, and lead back", async () => {
  await show("more");
  for (const [name, title] of [
    ["Sound", "Sound"],
    ["Connection", "Connection"],
    ["Support file", "About"],
    ["About", "About"],
  ] as const) {
    await page.getByRole("region", { name: "Phone" }).getByRole("button", { name }).click();
    await expect.element(page.getByRole("heading", { level: 1, name: title })).toHaveFocus();
    await page.getByRole("button", { name: "Back" }).click();
    await expect.element(page.getByRole("heading", { level: 1, name: "More" })).toBeVisible();
  }
});

test("the phone is checked, and what comes of it is told", async () => {
  const script = await show("more");
  const check = page.getByRole("button", { name: "Check my phone" });
  await check.click();
  await expect.poll(() => script.orders()).toEqual([{ command: "check" }]);
  await expect.element(page.getByText("Checking…")).toBeVisible();
});

test("signing out is an order; in a call it is asked first", async () => {
  const script = await show("more");
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "sign_out" }]);
  await clear();

  const inCall = await show("more-sign-out-in-call");
  const question = page.getByRole("alertdialog", { name: "You are on a call. Hang up and sign out?" });
  await expect.element(question.getByRole("button", { name: "Stay" })).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  await expect.element(question).not.toBeInTheDocument();
  expect(inCall.orders()).toEqual([]);
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await question.getByRole("button", { name: "Hang up and sign out" }).click();
  await expect.poll(() => inCall.orders()).toEqual([{ command: "sign_out" }]);
});

test("signing out is asked first where an outcome is chosen and not saved", async () => {
  const chosen = (await show("wrap-up-chosen")).state().view.queue;
  await clear();
  const script = await show("more");
  await script.view((view) => ({ ...view, queue: chosen }));
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  const question = page.getByRole("alertdialog", { name: "Sign out before all is saved?" });
  await expect.element(question).toHaveTextContent("One outcome is not saved yet.");
  expect(script.orders()).toEqual([]);
});
