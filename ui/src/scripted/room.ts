// Whether what is drawn has the room that it takes.

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
