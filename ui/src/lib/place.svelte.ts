// Where in the window its user is: the only thing the page itself remembers.

export type Tab = "keypad" | "history" | "more";
export type Panel = "sound" | "connection" | "about";

let tab = $state<Tab>("keypad");
let panel = $state<Panel | null>(null);

export const place = {
  get tab() {
    return tab;
  },
  /** A page that lies over the tab until its user goes back. */
  get panel() {
    return panel;
  },
  goTo(next: Tab): void {
    tab = next;
    panel = null;
  },
  open(next: Panel): void {
    panel = next;
  },
  back(): void {
    panel = null;
  },
};
