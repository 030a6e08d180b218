// Whether what is drawn has the room that it takes, and keeps still.

const outline = (element: Element): string => element.outerHTML.slice(0, 120);

/** What is out of sight sideways. */
export function tooWide(): string[] {
  return Array.from(document.querySelectorAll("html, body, main, dialog, .frame, .text"))
    .filter((it) => it.scrollWidth > it.clientWidth)
    .map(outline);
}

/** Buttons and states that do not hold their words. */
export function cutOff(): string[] {
  return Array.from(document.querySelectorAll("button, select, .pill > .words"))
    .filter((it) => it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1)
    .map(outline);
}

/** Buttons that cannot be brought to where they are seen and pressed. */
export function outOfReach(): string[] {
  const within = document.querySelector("dialog") ?? document.body;
  return Array.from(within.querySelectorAll("button"))
    .filter((button) => button.checkVisibility())
    .filter((button) => {
      button.scrollIntoView({ block: "center", behavior: "instant" });
      const { left, top, width, height } = button.getBoundingClientRect();
      const found = document.elementFromPoint(left + width / 2, top + height / 2);
      return found === null || !button.contains(found);
    })
    .map(outline);
}

/** What can be pressed and has no border on each side. */
export function unbordered(): string[] {
  return Array.from(document.querySelectorAll("button, select"))
    .filter((it) => it.checkVisibility())
    .filter((it) => {
      const { borderTopWidth, borderRightWidth, borderBottomWidth, borderLeftWidth } = getComputedStyle(it);
      return [borderTopWidth, borderRightWidth, borderBottomWidth, borderLeftWidth].includes("0px");
    })
    .map(outline);
}

/** How bright a colour is to the eye (WCAG 2.2, relative luminance); `null`: it cannot be seen. */
function luminance(colour: string): number | null {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const linear = [red, green, blue].map((it) =>
    it <= 10.31 ? it / 3294.6 : ((it / 255 + 0.055) / 1.055) ** 2.4,
  );
  const [r = 0, g = 0, b = 0] = linear;
  return alpha === 0 ? null : 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Fields and buttons whose edge is drawn and hardly seen (WCAG 2.2, 1.4.11); of what is off it may be. */
export function faint(): string[] {
  const page = luminance(getComputedStyle(document.body).backgroundColor) ?? 0;
  return Array.from(document.querySelectorAll(".box, input, textarea, select, button, label"))
    .filter((it) => it.checkVisibility() && !it.matches(":disabled, :has(:disabled, [readonly])"))
    .filter((it) => {
      const { borderTopColor, borderInlineStartColor, borderInlineStartWidth } = getComputedStyle(it);
      const edge = luminance(borderInlineStartColor);
      const drawn = borderInlineStartWidth !== "0px" && borderInlineStartColor === borderTopColor;
      return drawn && edge !== null && (Math.max(edge, page) + 0.05) / (Math.min(edge, page) + 0.05) < 3;
    })
    .map(outline);
}

/** The keys that answer and end a call. */
const OF_CALLS = "[aria-keyshortcuts='Control+Enter'], [aria-keyshortcuts='Control+Shift+Backspace']";

/** What can be pressed and is smaller than a finger; the row of lights is as low as it is to be. */
export function tooSmall(): string[] {
  return Array.from(document.querySelectorAll("button, select, [role=radiogroup] label"))
    .filter((it) => it.checkVisibility() && it.querySelector("[aria-live]") === null)
    .filter((it) => {
      const { width, height } = it.getBoundingClientRect();
      return Math.min(width, height) < (it.matches(OF_CALLS) ? 48 : 40);
    })
    .map(outline);
}

/** What moves, or takes its time to change. */
export function moving(): string[] {
  const drawn = Array.from(document.querySelectorAll("*")).flatMap((it) =>
    ["", "::before", "::after", "::backdrop"].map((part) => ({ it, style: getComputedStyle(it, part) })),
  );
  return drawn
    .filter(
      ({ style }) =>
        style.animationName !== "none" ||
        style.transitionDuration.split(",").some((it) => Number.parseFloat(it) > 0) ||
        style.scrollBehavior === "smooth",
    )
    .map(({ it }) => outline(it))
    .concat(document.getAnimations().map((it) => `an animation ${it.id}`));
}
