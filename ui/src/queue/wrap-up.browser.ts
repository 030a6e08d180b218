import { afterEach, expect, test } from "vitest";
import { page } from "vitest/browser";

import { LANGUAGES } from "../lib/words.svelte";
import { clear, draw, show } from "../scripted/mounted";
import { LEAST } from "../scripted/scenes";
import { STATES } from "../scripted/states";

afterEach(clear);

const main = () => page.getByRole("main");

test("an outcome is chosen, a note typed, both are kept as they are typed, and the agent is ready", async () => {
  const script = await show("wrap-up");
  await expect.element(main()).toHaveTextContent(/Wrap-up.*Amit Sharma.*00:36/);
  await main().getByRole("radio", { name: "Sale", exact: true }).click();
  await main().getByLabelText("Note").fill("Calls back\non Monday");
  await expect
    .poll(() => script.orders().at(-1))
    .toEqual({ command: "wrap_up", outcome: "Sale", note: "Calls back\non Monday" });
  await main()
    .getByRole("button", { name: /^Done – .?Ready/ })
    .click();
  await expect.poll(() => script.orders().at(-1)).toEqual({ command: "finish_wrap_up", then: null });
  await expect.element(main().getByRole("radio").first()).not.toBeInTheDocument();
});

const tab = (name: string) =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("button", { name, exact: true });

test("its first tab has its name", async () => {
  const script = await show("wrap-up-elsewhere");
  await expect.element(tab("Wrap-up")).toBeVisible();
  await expect.element(tab("Keypad")).not.toBeInTheDocument();
  await tab("Wrap-up").click();
  await script.view((view) => ({ ...view, queue: view.queue && { ...view.queue, wrap_up: null } }));
  await expect.element(tab("Keypad")).toHaveAttribute("aria-current", "page");
});

test("how its call ended is told, and who was not cut off is not called back", async () => {
  await show("wrap-up");
  await expect.element(main()).toHaveTextContent(/Wrap-up.*Amit Sharma.*Ended by the caller/);
  await expect.element(main().getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
});

test("that its call was lost is told, and who was in it is called back", async () => {
  const script = await show("wrap-up-lost");
  await expect.element(main()).toHaveTextContent(/Wrap-up.*Amit Sharma.*The call was lost\./);
  await main().getByRole("button", { name: "Call back", exact: true }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "dial", target: "+919810012345" }]);
});

test("who withheld the number is not called back", async () => {
  const script = await show("wrap-up-lost");
  await script.view((view) => ({
    ...view,
    queue: view.queue && {
      ...view.queue,
      wrap_up: view.queue.wrap_up && { ...view.queue.wrap_up, number: "", display_name: null },
    },
  }));
  await expect.element(main()).toHaveTextContent(/Number withheld.*The call was lost\./);
  await expect.element(main().getByRole("button", { name: "Call back" })).not.toBeInTheDocument();
});

test("what was typed before is there again", async () => {
  await show("wrap-up-chosen");
  await expect.element(main().getByRole("radio", { name: "Call back" })).toBeChecked();
  await expect.element(main().getByLabelText("Note")).toHaveValue("Calls back on Monday after ten");
  await expect.element(main().getByRole("button", { name: /^Done – .?Lunch/ })).toBeVisible();
});

test("done with a pause asks for its reason", async () => {
  const script = await show("wrap-up-pause");
  await page.getByRole("dialog").getByRole("button", { name: "Tea" }).click();
  await expect
    .poll(() => script.orders())
    .toEqual([{ command: "finish_wrap_up", then: { state: "pause", reason: "Tea" } }]);
});

test("there is more time where the server allows it", async () => {
  const script = await show("wrap-up");
  const more = main().getByRole("button", { name: "More time", exact: true });
  await expect.element(more).toHaveAccessibleDescription(/^.?30\ss.?$/);
  await more.click();
  await expect.poll(() => script.orders()).toEqual([{ command: "more_time" }]);
  await expect.element(main().getByRole("button", { name: /More time/ })).not.toBeInTheDocument();
  await expect.element(main()).toHaveTextContent(/01:0\d/);
});

test("without a limit there is no count-down, and without reasons a pause is one press", async () => {
  const script = await show("wrap-up-unlimited");
  await expect.element(main().getByRole("timer")).not.toBeInTheDocument();
  await main().getByRole("button", { name: "Done – pause" }).click();
  await expect
    .poll(() => script.orders())
    .toEqual([{ command: "finish_wrap_up", then: { state: "pause", reason: null } }]);
});

test("who has chosen no outcome is asked for one", async () => {
  const script = await show("wrap-up");
  script.refuse("finish_wrap_up", "no_outcome", "Choose an outcome first");
  await main()
    .getByRole("button", { name: /^Done – .?Ready/ })
    .click();
  await expect
    .element(page.getByRole("complementary", { name: "Notices" }))
    .toHaveTextContent("Choose an outcome first.");
});

test("a refused outcome says why, in Ozonetel's words, and another one can be chosen", async () => {
  const script = await show("wrap-up-saving");
  await expect.element(main().getByRole("button", { name: "Saving…" })).toBeDisabled();
  await script.view((view) => ({
    ...view,
    queue: view.queue && {
      ...view.queue,
      refused: { of: { order: "outcome", call: 6, outcome: "Sale" }, message: "Invalid ucid", at: 8_000_000 },
      wrap_up: view.queue.wrap_up && { ...view.queue.wrap_up, outcome: null, saving: false },
    },
  }));
  await expect
    .element(main().getByRole("alert"))
    .toHaveTextContent(/Ozonetel did not take it: .?Invalid ucid/);
  await expect.element(main().getByRole("radio", { name: "Sale", exact: true })).not.toBeChecked();
  await main().getByRole("radio", { name: "No sale" }).click();
  await expect.poll(() => script.orders()).toEqual([{ command: "wrap_up", outcome: "No sale", note: "" }]);

  // It is kept, although the refusal of the first one still stands.
  await tab("History").click();
  await tab("Wrap-up").click();
  await expect.element(main().getByRole("radio", { name: "No sale" })).toBeChecked();
});

test("an outcome of an earlier call that is refused leaves this one as it was chosen", async () => {
  const script = await show("wrap-up");
  await main().getByRole("radio", { name: "Sale", exact: true }).click();
  await script.view((view) => ({
    ...view,
    queue: view.queue && {
      ...view.queue,
      refused: {
        of: { order: "outcome", call: 3, outcome: "No sale" },
        message: "Invalid ucid",
        at: 8_000_000,
      },
    },
  }));
  await expect
    .element(page.getByRole("complementary", { name: "Notices" }))
    .toHaveTextContent(/Ozonetel did not take the outcome: .?No sale/);
  await expect.element(main().getByRole("radio", { name: "Sale", exact: true })).toBeChecked();
});

test("on another page a bar leads back to it", async () => {
  await show("wrap-up-elsewhere");
  // How much of it has passed, of how much there is.
  await expect.element(page.getByRole("banner")).toHaveTextContent(/00:2\d.? of .?01:00/);
  await page.getByRole("button", { name: /Back to the wrap-up/ }).click();
  await expect.element(main().getByRole("radio", { name: "No sale" })).toBeVisible();
});

test("a call that comes has the page, and the wrap-up comes back as it was", async () => {
  const script = await show("wrap-up-chosen");
  const { calls } = STATES.ringing().view;
  await script.view((view) => ({ ...view, calls }));
  await expect.element(main().getByRole("button", { name: "Answer" })).toBeVisible();
  await script.view((view) => ({ ...view, calls: [] }));
  await expect.element(main().getByLabelText("Note")).toHaveValue("Calls back on Monday after ten");
});

test("that its time was up is told in passing", async () => {
  const script = await show("queue-ready");
  await script.happened({ type: "wrap_up.ended", call: 6, timed_out: true });
  await expect
    .element(page.getByRole("complementary", { name: "Notices" }))
    .toHaveTextContent("Time is up. You are ready.");
});

test("nobody is told to be ready whose phone is promised to another device, or whose state is not known", async () => {
  const script = await show("queue-ready");
  const notices = page.getByRole("complementary", { name: "Notices" });
  await script.happened({ type: "wrap_up.ended", call: 6, timed_out: true });
  for (const promised of ["move-after-call", "move-unanswered", "move-granted"] as const) {
    const { move_request } = STATES[promised]().view;
    await script.view((view) => ({ ...view, move_request }));
    await expect.element(notices).toHaveTextContent(/^Time is up\.$/);
  }
  const { move_request } = STATES["move-asked"]().view;
  await script.view((view) => ({ ...view, move_request }));
  await expect.element(notices).toHaveTextContent("Time is up. You are ready.");
  const unknown = STATES["queue-unset"]().view.queue;
  await script.view((view) => ({ ...view, move_request: null, queue: unknown }));
  await expect.element(notices).toHaveTextContent(/^Time is up\.$/);
});

test.each(["light", "dark"] as const)(
  "what cannot be pressed while it is saved looks so: %s",
  async (theme) => {
    const looks = () =>
      ["textarea", "fieldset label:not(:has(:checked))", ".others button"].map((part) => {
        const { backgroundColor, color } = getComputedStyle(document.querySelector(part) as HTMLElement);
        return { backgroundColor, color };
      });
    await draw("wrap-up-chosen", { theme, language: "en" });
    const before = looks();
    await clear();
    await draw("wrap-up-saving", { theme, language: "en" });
    for (const [at, look] of looks().entries()) {
      expect(look.backgroundColor).not.toBe(before[at]?.backgroundColor);
      expect(look.color).not.toBe(before[at]?.color);
    }
  },
);

test.each(LANGUAGES.map(({ language }) => language))(
  "in %s the header of the least window has one row, with all of the time",
  async (language) => {
    await page.viewport(...LEAST.index);
    await draw("wrap-up", { theme: "light", language });
    const header = document.querySelector("header[data-zone]") as HTMLElement;
    expect(header.offsetHeight).toBeLessThanOrEqual(48);
    expect(header.querySelector("time")?.textContent.match(/\d\d:\d\d/g)).toHaveLength(2);
    expect(header.querySelector<HTMLElement>(".timer")?.offsetHeight).toBeLessThanOrEqual(32);
  },
);
