import { afterEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import type { SaveSupport } from "../lib/phone";
import { clear, show } from "../scripted/mounted";

afterEach(clear);

test("version, system and computer are told, and copied for support", async () => {
  const script = await show("about");
  const main = page.getByRole("main");
  await expect.element(main).toHaveTextContent(/Version .*0\.1\.0/);
  await expect.element(main).toHaveTextContent("Linux");
  await expect.element(main).toHaveTextContent("DESK-14");
  await page.getByRole("button", { name: "Copy for support" }).click();
  await expect
    .poll(() => script.asked.filter((it) => it.command === "copy").map((it) => it.args))
    .toEqual([{ text: expect.stringContaining("Helix Phone 0.1.0, linux, DESK-14") as string }]);
});

test("a support file is saved with what is known, and where it is is told", async () => {
  const script = await show("about");
  const save = page.getByRole("button", { name: "Save support file" });
  script.refuse("save_support", "failed", "The file could not be saved: the disk is full");
  await save.click();
  const main = page.getByRole("main");
  await expect.element(main.getByRole("alert")).toHaveTextContent("the disk is full");
  await save.click();
  await expect
    .element(main.getByRole("status"))
    .toHaveTextContent("Saved: /home/ana/Downloads/helix-phone-support.txt");
  await expect.element(main.getByRole("alert")).not.toBeInTheDocument();
  const asked = script.asked.filter((it) => it.command === "save_support").at(-1);
  const { text } = asked?.args as SaveSupport;
  expect(text).toMatch(/^Session: proven · /m);
  expect(text).toContain("Helix Phone 0.1.0, linux, DESK-14");
});

test("each licence can be read in full and closed by a key", async () => {
  await show("about");
  await page.getByRole("button", { name: /Apache-2\.0/ }).click();
  const text = page.getByRole("dialog", { name: /Apache-2.0/ });
  await expect.element(text).toHaveTextContent("Apache License Version 2.0");
  await userEvent.keyboard("{Escape}");
  await expect.element(text).not.toBeInTheDocument();
  await page.getByRole("button", { name: /MIT/ }).click();
  await expect.element(page.getByRole("dialog")).toHaveTextContent("Permission is hereby granted");
  const paragraphs = page
    .getByText(/^MIT License/)
    .element()
    .textContent.split("\n\n");
  expect(paragraphs.length).toBeGreaterThan(3);
  expect(paragraphs.filter((it) => it.includes("\n"))).toEqual([]);
});
