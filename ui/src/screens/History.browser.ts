import { afterEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import type { SaveSupport } from "../lib/phone";
import { clear, draw, show } from "../scripted/mounted";

afterEach(clear);

const rows = () => page.getByRole("main").getByRole("listitem");
const forgotten = (script: { asked: { command: string; args: unknown }[] }) =>
  script.asked.filter((it) => it.command === "forget").map((it) => it.args);

const copied = (script: { asked: { command: string; args: unknown }[] }): string => {
  const last = script.asked.findLast((it) => it.command === "copy");
  return (last?.args as { text: string }).text;
};

test("each call has its word, its other end, its time and its length", async () => {
  await show("history");
  await expect.element(page.getByRole("heading", { name: "Today" })).toBeVisible();
  await expect.element(page.getByRole("heading", { name: "Yesterday" })).toBeVisible();
  const amit = rows().filter({ hasText: "Amit Sharma" });
  await expect.element(amit).toHaveTextContent(/Incoming.*\d+:\d\d.*06:12/);
  await expect.element(amit).toHaveTextContent("Sound quality: Good");
  await expect.element(rows().filter({ hasText: "Käthe" })).toHaveTextContent("Missed");
  await expect.element(rows().filter({ hasText: "Billing" })).toHaveTextContent(/Outgoing.*Not answered/);
});

test("where the calls are kept, and for how long, is told", async () => {
  const script = await show("history");
  const told = (words: RegExp) => expect.element(page.getByText(words)).toBeVisible();
  await told(/^Only on this computer, for 30\sdays\.$/);
  await script.window({ history_days: 1 });
  await told(/^Only on this computer, for one day\.$/);
  await script.window({ history_days: 0 });
  await told(/^Calls are not kept\.$/);
});

test("the filter shows the missed or those made here, and goes by arrow keys", async () => {
  await show("history");
  await page.getByRole("radio", { name: "Missed" }).click();
  await expect.poll(() => rows().elements().length).toBe(1);
  await userEvent.keyboard("{ArrowRight}");
  await expect.element(page.getByRole("radio", { name: "Out" })).toBeChecked();
  await expect.poll(() => rows().elements().length).toBe(2);
});

test("nothing to show is said in words", async () => {
  await show("history-empty");
  await expect.element(page.getByText("No calls yet.")).toBeVisible();
  await expect.element(page.getByRole("button", { name: "Delete all" })).not.toBeInTheDocument();
  await page.getByRole("radio", { name: "Missed" }).click();
  await expect.element(page.getByText("No missed calls.")).toBeVisible();
  await page.getByRole("radio", { name: "Out" }).click();
  await expect.element(page.getByText("No calls made yet.")).toBeVisible();
});

test("a row opens with all that is known, by keyboard too, and calls back", async () => {
  const script = await show("history");
  page
    .getByRole("button", { name: /Amit Sharma/ })
    .element()
    .focus();
  await userEvent.keyboard("{Enter}");
  const sheet = page.getByRole("dialog", { name: "Amit Sharma" });
  await expect.element(sheet).toHaveTextContent("+919810012345");
  await expect.element(sheet).toHaveTextContent(/6 mins? 12/);
  await expect.element(sheet).toHaveTextContent("Ended by the caller");
  await sheet.getByRole("button", { name: "Call back" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "dial", target: "+919810012345" }]);
  // The call has the body, not the list.
  await expect.element(page.getByRole("button", { name: "Hang up" })).toBeVisible();
});

test("how a call went is told in a sentence, and copied with what is known of it", async () => {
  const script = await show("history-details");
  const sheet = page.getByRole("dialog", { name: "Amit Sharma" });
  await expect
    .element(sheet)
    .toHaveTextContent(/Answered after .?3 s.?, .?6 min 12 s.?, .?ended by the caller/);
  await sheet.getByRole("button", { name: "Copy proof" }).click();
  await expect.element(sheet.getByRole("button", { name: "Copied" })).toBeVisible();
  const began = script.state().history[0]?.began ?? 0;
  expect(copied(script).split("\n")).toEqual([
    "Amit Sharma",
    "Number: +919810012345",
    "Answered after 3 s, 6 min 12 s, ended by the caller.",
    "Call: Incoming",
    expect.stringMatching(/^When: .*\d{4}/),
    "Length: 6 min 12 s",
    "How it ended: Ended by the caller",
    "Sound: Good",
    new Date(began).toISOString(),
    expect.stringMatching(/^Helix Phone \d/),
    expect.stringMatching(/^https?:/),
    expect.stringMatching(/Z$/),
  ]);
});

test("a call that nobody answered is told by its end, and copied so", async () => {
  const script = await show("history-details-missed");
  await page.getByRole("button", { name: "Copy proof" }).click();
  const lines = copied(script).split("\n");
  expect(lines).toContain("Length: Not answered");
  expect(lines).toContain("How it ended: Missed call");
  expect(lines.some((it) => it.includes("Answered after"))).toBe(false);
});

test("a file for support tells how the call went, and neither who it was nor their number", async () => {
  const script = await show("history-details");
  const sheet = page.getByRole("dialog", { name: "Amit Sharma" });
  await sheet.getByRole("button", { name: "Save support file" }).click();
  await expect.element(sheet.getByRole("status")).toHaveTextContent(/^Saved: .+helix-phone-support\.txt$/);
  const { text } = script.asked.find((it) => it.command === "save_support")?.args as SaveSupport;
  expect(text).toContain("Answered after 3 s, 6 min 12 s, ended by the caller.");
  expect(text).toContain("How it ended: Ended by the caller");
  expect(text).not.toMatch(/Amit|12345/);
});

test("a number that is hidden is hidden in what is copied", async () => {
  const script = await show("history-details-masked");
  await page.getByRole("button", { name: "Copy proof" }).click();
  expect(copied(script)).toContain("+91981••••45");
});

test("a call back that is refused says why and leaves the sheet open", async () => {
  const script = await show("history-details");
  script.refuse("dial", "not_registered", "The line is not registered");
  await page.getByRole("button", { name: "Call back" }).click();
  await expect
    .element(page.getByRole("dialog").getByRole("alert"))
    .toHaveTextContent("Your line is not ready. No calls can be made.");
});

test("a number that is hidden or withheld cannot be called back, and it is said why", async () => {
  await show("history-details-masked");
  await expect
    .element(page.getByRole("dialog"))
    .toHaveTextContent("Your organisation hides part of this number");
  await expect.element(page.getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
  await clear();
  await show("history-details-withheld");
  await expect.element(page.getByRole("dialog")).toHaveTextContent("The caller withheld the number");
  await expect.element(page.getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
});

test("a call in which the phone was closed says so", async () => {
  await show("history-strange");
  await page.getByRole("button", { name: /Billing/ }).click();
  const sheet = page.getByRole("dialog");
  await expect.element(sheet).toHaveTextContent("The phone was closed during this call");
  await expect.element(sheet).toHaveTextContent(/12 s.? of talk, .?cut because the phone was closed/);
  await expect.element(sheet).toHaveTextContent(/Sound was poor for .?4 s.?, .?3 s.? of it: your network\./);
});

test("one call is deleted, and the focus goes to where the list begins", async () => {
  const script = await show("history-details");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect.poll(() => forgotten(script)).toEqual([{ id: 6 }]);
  await expect.element(page.getByRole("dialog")).not.toBeInTheDocument();
  await expect.element(page.getByText("Amit Sharma")).not.toBeInTheDocument();
  await expect.element(page.getByRole("heading", { name: "History" })).toHaveFocus();
});

test("all calls are deleted after a question, whose safe answer has the focus", async () => {
  const script = await show("history");
  await page.getByRole("button", { name: "Delete all" }).click();
  const question = page.getByRole("alertdialog", { name: "Delete the whole history?" });
  await expect.element(question).toHaveTextContent("6 calls are deleted");
  await expect.element(question.getByRole("button", { name: "Cancel" })).toHaveFocus();
  await userEvent.keyboard("{Escape}");
  await expect.element(question).not.toBeInTheDocument();
  expect(forgotten(script)).toEqual([]);

  await page.getByRole("button", { name: "Delete all" }).click();
  await question.getByRole("button", { name: "Delete all" }).click();
  await expect.poll(() => forgotten(script)).toEqual([{ id: null }]);
  await expect.element(page.getByText("No calls yet.")).toBeVisible();
  await page.getByRole("button", { name: "Keypad", exact: true }).first().click();
  await expect.element(page.getByText("Amit Sharma")).not.toBeInTheDocument();
  await expect.element(page.getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
});

test("the last call shows no more of a number than the history does", async () => {
  const script = await show("ready");
  await expect.element(page.getByRole("button", { name: "Call back" })).toBeVisible();
  await script.history((entries) => entries.map((it) => ({ ...it, number: "+91981••••45" })));
  await expect.element(page.getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
});

test("where no history is kept the last call is the phone's own", async () => {
  const script = await show("ready");
  await script.history(() => []);
  await expect.element(page.getByText("Amit Sharma")).not.toBeInTheDocument();
  await script.window({ history_days: 0 });
  await expect.element(page.getByText("Amit Sharma")).toBeVisible();
});

test("in another language it is told in that one why nothing was deleted", async () => {
  const script = await draw("history-delete-all", { theme: "light", language: "de" });
  script.refuse("forget", "not_saved", "No space is left on the device");
  await page.getByRole("alertdialog").getByRole("button", { name: "Alle löschen" }).click();
  await expect
    .element(page.getByRole("alertdialog").getByRole("alert"))
    .toHaveTextContent(/^Das ging nicht\. Der Computer meldet: .?No space is left on the device/);
});

test("what could not be deleted stays, with the reason", async () => {
  const script = await show("history-delete-all");
  script.refuse("forget", "failed", "The disk is full");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete all" }).click();
  await expect
    .element(page.getByRole("alertdialog").getByRole("alert"))
    .toHaveTextContent("The disk is full");
});

test("names of others are text and nothing else", async () => {
  await show("history-details-hostile");
  await expect.element(page.getByRole("dialog")).toHaveTextContent("<img src=x onerror=alert(1)>");
  expect(document.body.querySelectorAll("img, script, [onerror]")).toHaveLength(0);
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(window.innerWidth);
});

test("a clock that was set back over a midnight has a day twice", async () => {
  const script = await show("history");
  const noon = new Date().setHours(12, 0, 0, 0);
  const yesterday = noon - 86_400_000;
  const began = [noon, yesterday, noon - 1_000];
  await script.history((entries) => entries.slice(0, 3).map((it, at) => ({ ...it, began: began[at] ?? 0 })));
  const days = page.getByRole("main").getByRole("heading", { level: 2 });
  await expect
    .poll(() => days.elements().map((it) => it.textContent))
    .toEqual(["Today", "Yesterday", "Today"]);
  expect(rows().elements()).toHaveLength(3);
});
