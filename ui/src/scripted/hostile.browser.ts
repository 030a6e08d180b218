// Whatever others write is text, stays in its place and leaves the words around it as they are.

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, draw, show } from "./mounted";
import { GENERATED, NUMBERS, TEXTS, written } from "./hostile";
import { outOfReach, tooWide } from "./room";
import { LEAST, SCENES } from "./scenes";
import { ANA } from "./states/ground";

/** Every place where something of others is shown. */
const PLACES = [
  "bad-account",
  "complaint",
  "connection-at-risk",
  "connection-line-refused",
  "ended-refused",
  "fallback",
  "headset",
  "held-elsewhere",
  "history",
  "history-in-call",
  "link-asked",
  "manager",
  "asking",
  "move-asked-in-call",
  "not-moved-refused",
  "mini-move-asked",
  "mini-ready",
  "mini-talking",
  "more",
  "no-phone",
  "resuming-trouble",
  "ring-known",
  "queue-failed",
  "queue-menu",
  "queue-next",
  "queue-refused",
  "ringing",
  "second-call",
  "sound-favourites",
  "talking",
  "taken-over",
  "two-calls",
  "unreachable-tls",
  "vault-failed",
  "wrap-up",
];

afterEach(clear);

const MARKUP =
  "img, script, iframe, style, base, meta, object, a[href], b, form[action], [onerror], [onload], [onclick], [onfocus]";

/** Nothing that was written became a part of the page. */
function expectText(): void {
  expect(document.body.querySelectorAll(MARKUP)).toHaveLength(0);
  expect(window).not.toHaveProperty("hostile");
  // What is kept apart is closed again, and nothing turns the rest.
  const marks = document.body.innerText.match(/[\u202a-\u202e\u2066-\u2069]/g) ?? [];
  expect(marks.filter((mark) => mark !== "\u2068" && mark !== "\u2069")).toEqual([]);
  expect(marks.filter((mark) => mark === "\u2068")).toHaveLength(marks.length / 2);
}

describe.each(PLACES)("%s", (place) => {
  const scene = SCENES[place]?.page ?? "index";
  beforeAll(() => page.viewport(...LEAST[scene]));

  test.each(Object.entries(TEXTS))("%s", async (_, text) => {
    await draw(place, { theme: "light", language: "en" }, (state) => written(state, text, text));
    expectText();
    expect(tooWide()).toEqual([]);
    expect(outOfReach()).toEqual([]);
  });
});

test("there are as many texts as are asked for (design/security.md 15)", () => {
  expect(new Set([...Object.values(TEXTS), ...GENERATED]).size).toBeGreaterThanOrEqual(200);
});

/** Each place has some of them, and each of them some places. */
const SHARE = 8;

test.each(PLACES.map((place, at) => ({ place, at })))(
  "what was generated, in $place",
  async ({ place, at }) => {
    await page.viewport(...LEAST[SCENES[place]?.page ?? "index"]);
    for (const text of GENERATED.filter((_, index) => index % SHARE === at % SHARE)) {
      await draw(place, { theme: "light", language: "en" }, (state) => written(state, text, text));
      expectText();
      expect(tooWide(), JSON.stringify(text)).toEqual([]);
      await clear();
    }
  },
);

describe.each(["link-asked", "history", "ringing", "talking", "ring-known"])("a number in %s", (place) => {
  const scene = SCENES[place]?.page ?? "index";
  beforeAll(() => page.viewport(...LEAST[scene]));

  test.each(Object.entries(NUMBERS))("%s", async (_, number) => {
    await draw(place, { theme: "light", language: "ar" }, (state) => written(state, "Ana", number));
    expectText();
    expect(tooWide()).toEqual([]);
    expect(outOfReach()).toEqual([]);
  });
});

describe("the sheet of a call", () => {
  beforeAll(() => page.viewport(...LEAST.index));

  test.each(Object.entries(TEXTS))("%s", async (_, text) => {
    await draw("history", { theme: "light", language: "en" }, (state) => written(state, text, "700202"));
    document.querySelector<HTMLButtonElement>("main li button")?.click();
    await expect.element(page.getByRole("dialog")).toBeVisible();
    expectText();
    expect(tooWide()).toEqual([]);
    expect(outOfReach()).toEqual([]);
  });

  test("what is copied of it has the lines that it would have, and no mark that nobody sees", async () => {
    const generated = GENERATED.filter((_, at) => at % SHARE === 0);
    for (const text of [...Object.values(TEXTS), ...generated]) {
      const script = await draw("history", { theme: "light", language: "en" }, (state) => {
        const told = written(state, text, "700202");
        const cause = { code: "refused", status: 603, reason: text } as const;
        return { ...told, history: told.history.map((it) => ({ ...it, cause })) };
      });
      document.querySelector<HTMLButtonElement>("main li button")?.click();
      await page.getByRole("button", { name: "Copy proof" }).click();
      const args = script.asked.find((it) => it.command === "copy")?.args;
      const copied = (args as { text: string }).text;
      // The number stands apart from a name, where there is one to see.
      expect([11, 12], JSON.stringify(text)).toContain(copied.split("\n").length);
      expect(copied.replaceAll("\n", ""), JSON.stringify(text)).not.toMatch(
        /[\p{Cc}\u2028-\u202e\u2060\u2066-\u206f]/u,
      );
      await clear();
    }
  });
});

/** The left edges of the letters of `word`, in the order in which they are read. */
function letters(word: string): number[] {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    const at = node.textContent?.lastIndexOf(word) ?? -1;
    if (at >= 0) {
      return Array.from(word, (_, letter) => {
        const range = document.createRange();
        range.setStart(node, at + letter);
        range.setEnd(node, at + letter + 1);
        return range.getBoundingClientRect().left;
      });
    }
  }
  throw new Error(`Nowhere is written ${word}`);
}

test.each([
  ["held-elsewhere", "since"],
  ["taken-over", "moved"],
  ["taken-over", " at "],
  ["talking", "Inbound"],
])("the words of %s run as before beside a name that turns them: %s", async (place, word) => {
  await page.viewport(480, 600);
  for (const name of ["override", "ended isolate"]) {
    await draw(place, { theme: "light", language: "en" }, (state) => {
      const campaign = state.view.agent?.campaign;
      const turned = written(state, TEXTS[name] ?? "", "700202");
      return campaign == null || turned.view.agent === null
        ? turned
        : { ...turned, view: { ...turned.view, agent: { ...turned.view.agent, campaign } } };
    });
    const edges = letters(word);
    expect(edges).toEqual(edges.toSorted((one, other) => one - other));
    expect(new Set(edges).size).toBeGreaterThan(1);
    await clear();
  }
});

test("a name that cannot be seen gives way to the number", async () => {
  await draw("talking", { theme: "light", language: "en" }, (state) =>
    written(state, TEXTS["unseen"] ?? "", "700202"),
  );
  await expect.element(page.getByRole("heading", { level: 1 })).toHaveTextContent("700202");
});

test("a name whose end is cut off is told whole under the pointer, and one that fits is not", async () => {
  await page.viewport(320, 480);
  await show("history");
  const name = "Käthe Brückner-Oppenheimer, Stadtwerke Brandenburg";
  await userEvent.hover(page.getByText(name));
  await expect.element(page.getByText(name)).toHaveAttribute("title", name);
  await userEvent.hover(page.getByText("Amit Sharma"));
  await expect.element(page.getByText("Amit Sharma")).toHaveAttribute("title", "");
});

describe("what is dialled", () => {
  beforeAll(() => page.viewport(...LEAST.index));

  test.each(Object.entries(NUMBERS).filter(([, number]) => number !== ""))("%s", async (_, number) => {
    const script = await show("ready");
    const refusal = `This cannot be called: ${TEXTS["markup"] ?? ""}`;
    script.refuse("dial", "unknown", refusal);
    const field = page.getByLabelText("Name or number");
    await field.fill(number);
    await userEvent.keyboard("{Enter}");
    await expect.element(field).toHaveAccessibleDescription(new RegExp("This cannot be called: .*<img"));
    const [order] = script.orders();
    const target = order?.command === "dial" ? order.target : "";
    expect(target).toMatch(/^\P{Control}+$/u);
    expectText();
    expect(tooWide()).toEqual([]);
    expect(outOfReach()).toEqual([]);
  });
});

test("what a server says of a sign-in is text", async () => {
  const script = await show("signed-out");
  script.refuse("sign_in", "unknown", TEXTS["markup"] ?? "");
  await page.getByLabelText("Email or user").fill(ANA.email);
  await page.getByLabelText("Password", { exact: true }).fill("correct horse");
  await userEvent.keyboard("{Enter}");
  await expect.element(page.getByText(/<img src=x/).first()).toBeVisible();
  expectText();
});
