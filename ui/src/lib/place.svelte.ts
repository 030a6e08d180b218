// Where in the window its user is: the only thing the page itself remembers.

export type Tab = "keypad" | "history" | "more";
export type Panel = "sound" | "connection" | "about";

let tab = $state<Tab>("keypad");
let panel = $state<Panel | null>(null);
let checked = $state(false);
let keypad = $state(false);
let adding = $state(false);

export const place = {
  get tab() {
    return tab;
  },
  /** A page that lies over the tab until its user goes back. */
  get panel() {
    return panel;
  },
  /** Whether the panel of the connection tells what came of a check. */
  get checked() {
    return checked;
  },
  /** Whether the keypad is unfolded: under the call, or under the field on the first tab. */
  get keypad() {
    return keypad;
  },
  /** Whether another call is being dialled beside the one that is. */
  get adding() {
    return adding;
  },
  goTo(next: Tab): void {
    tab = next;
    panel = null;
  },
  open(next: Panel): void {
    panel = next;
    checked = false;
  },
  /** Opens the panel of the connection for a check. */
  openCheck(): void {
    panel = "connection";
    checked = true;
  },
  back(): void {
    panel = null;
  },
  toggleKeypad(): void {
    keypad = !keypad || panel !== null || tab !== "keypad";
    tab = "keypad";
    panel = null;
  },
  add(open: boolean): void {
    adding = open;
  },
  /** A call began or ended: what was open belonged to what was before. */
  settle(): void {
    keypad = false;
    adding = false;
  },
};
