/** Keeps the focus where its user is: what had it may have gone with the screen before this one. */
export function keepFocus(screen: HTMLElement): void {
  const at = document.activeElement;
  if (at === null || at === document.body) {
    screen.closest("main")?.focus({ preventScroll: true });
  }
}
