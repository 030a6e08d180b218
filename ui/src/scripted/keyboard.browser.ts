// All can be done with the keyboard alone: in every scene Tab goes to whatever can be pressed, filled in or scrolled, shows where it is, and gets on.

import { tick } from "svelte";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";

import { clear, draw } from "./mounted";
import { DISTINCT } from "./scenes";

const CONTROLS = "button, input, select, textarea, a[href], summary, [tabindex='0']";

const outline = (element: Element): string => element.outerHTML.slice(0, 160);

beforeAll(() => page.viewport(320, 480));
afterEach(clear);

/** What has the keyboard while something lies over the rest. */
const shown = (): Element => document.querySelector("dialog:modal") ?? document.body;

/** What its user can do something with. */
const controls = (): HTMLElement[] =>
  Array.from(shown().querySelectorAll<HTMLElement>(CONTROLS)).filter(
    (it) => it.checkVisibility({ visibilityProperty: true }) && !it.matches(":disabled"),
  );

const isRadio = (it: HTMLElement): it is HTMLInputElement =>
  it instanceof HTMLInputElement && it.type === "radio";

/** The same, in the order of Tab. Where one of several can be chosen it goes to one of them, and arrows go to the others. */
function stops(): HTMLElement[][] {
  const all = controls();
  const beside = (one: HTMLElement) =>
    isRadio(one) ? all.filter((it) => isRadio(it) && it.name === one.name) : [one];
  return all.map(beside).filter(([first], at) => first === all[at]);
}

/** How what has the focus stands out: by itself, or by what it stands in, as in a field. */
function edges(element: Element): string[] {
  const around = [element, element.parentElement, element.parentElement?.parentElement];
  return around.flatMap((it) => {
    if (it == null) {
      return [];
    }
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(it);
    return [outlineStyle === "none" ? "" : `${outlineWidth} ${outlineStyle} ${outlineColor}`, boxShadow];
  });
}

/** Whether two sides of its outline or more are cut off by what is around it; one can be, where it was scrolled to an edge. */
function isCut(element: Element): boolean {
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
  if (outlineStyle === "none" || !plain.has(element)) {
    return false;
  }
  const beyond = Number.parseFloat(outlineWidth) + Number.parseFloat(outlineOffset) - 1;
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const cut = new Set<string>();
  for (let it = element.parentElement; it !== null; it = it.parentElement) {
    if (it === document.documentElement || getComputedStyle(it).overflow !== "visible") {
      const within = it.getBoundingClientRect();
      const beside = {
        left: left - beyond < within.left,
        top: top - beyond < within.top,
        right: right + beyond > within.right,
        bottom: bottom + beyond > within.bottom,
      };
      Object.entries(beside).forEach(([side, is]) => is && cut.add(side));
    }
  }
  return cut.size > 1;
}

/** Where the focus came by, and where it did not get on. */
const walked = { reached: new Set<Element>(), unmarked: new Set<Element>(), stuck: new Set<Element>() };

/** How each looks without the focus. */
let plain = new Map<Element, string[]>();

let moved = true;

function arrive({ target }: FocusEvent) {
  moved = true;
  if (target instanceof Element) {
    walked.reached.add(target);
    if (plain.get(target)?.join() === edges(target).join() || isCut(target)) {
      walked.unmarked.add(target);
    }
  }
}

const depart = () => (moved = true);

function press(event: KeyboardEvent) {
  const { activeElement } = document;
  if (!moved && activeElement !== null && activeElement !== document.body) {
    walked.stuck.add(activeElement);
  }
  moved = event.key !== "Tab";
}

beforeEach(() => {
  document.addEventListener("focusin", arrive);
  document.addEventListener("focusout", depart);
  window.addEventListener("keydown", press, true);
});
afterEach(() => {
  document.removeEventListener("focusin", arrive);
  document.removeEventListener("focusout", depart);
  window.removeEventListener("keydown", press, true);
});

/** Goes around by Tab until all is reached, three times at most: beyond the page there is what is around it. Returns what was not. */
async function walk(): Promise<HTMLElement[][]> {
  Object.values(walked).forEach((it) => it.clear());
  const missed = () => stops().filter((stop) => !stop.some((it) => walked.reached.has(it)));
  for (let round = 0; round === 0 || (round < 3 && missed().length > 0); round += 1) {
    (document.activeElement as HTMLElement | null)?.blur();
    await tick();
    plain = new Map(controls().map((it) => [it, edges(it)]));
    moved = true;
    await userEvent.keyboard(`{Tab>${String(stops().length + 3)}/}`);
  }
  return missed();
}

/** Goes by arrows from one of these to each. */
async function choose(radios: HTMLElement[]): Promise<void> {
  radios.find((it) => walked.reached.has(it))?.focus();
  radios.forEach((it) => walked.reached.delete(it));
  await userEvent.keyboard(`{ArrowDown>${String(radios.length)}/}`);
  expect(radios.filter((it) => !walked.reached.has(it)).map(outline)).toEqual([]);
}

test.each(DISTINCT)("%s", async (name) => {
  await draw(name, { theme: "light", language: "en" });
  const missed = await walk();
  expect({
    missed: missed.flat().map(outline),
    unmarked: [...walked.unmarked].map(outline),
    stuck: [...walked.stuck].map(outline),
  }).toEqual({ missed: [], unmarked: [], stuck: [] });

  for (const stop of stops()) {
    if (stop.length > 1) {
      await choose(stop);
    }
  }

  const dialog = document.querySelector("dialog:modal");
  if (dialog !== null) {
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => dialog.isConnected && dialog.matches(":modal")).toBe(false);
  }
});
