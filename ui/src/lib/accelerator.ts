// Keys that work while another program has the focus, as the shell spells them: `CommandOrControl+F9`.

/** What a pressed key comes to. */
export type Pressed =
  /** A modifier alone, so far. */
  | { is: "unfinished" }
  /** It is typed in other programs, or their users need it. */
  | { is: "unfit" }
  | { is: "keys"; accelerator: string };

/** The keys that nobody types text with. */
const FIT =
  /^(F([1-9]|1\d|2[0-4])|Pause|ScrollLock|Insert|MediaPlayPause|MediaStop|MediaTrackNext|MediaTrackPrevious)$/;

const MODIFIERS = /^(Control|Shift|Alt|Meta|OS|AltGraph|Fn|CapsLock|NumLock|Super|Hyper)/;

/** The keys of `event` as an accelerator. */
export function pressed(
  event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey">,
): Pressed {
  if (MODIFIERS.test(event.key)) {
    return { is: "unfinished" };
  }
  // Alt+F4 closes the window of whoever has the focus.
  const closes = event.code === "F4" && event.altKey;
  if (!FIT.test(event.code) || closes || event.metaKey) {
    return { is: "unfit" };
  }
  const modifiers = [
    event.ctrlKey ? "Control" : null,
    event.altKey ? "Alt" : null,
    event.shiftKey ? "Shift" : null,
  ];
  return {
    is: "keys",
    accelerator: [...modifiers.filter((it) => it !== null), event.code].join("+"),
  };
}

/** Keys that are not written on a keyboard as they are spelled. */
const CAPS: Record<string, string> = {
  commandorcontrol: "Ctrl",
  cmdorctrl: "Ctrl",
  control: "Ctrl",
  mediaplaypause: "Play/Pause",
  mediastop: "Stop",
  mediatracknext: "Next",
  mediatrackprevious: "Previous",
};

/** Each key of an accelerator, as it is written on a keyboard. */
export function caps(accelerator: string): string[] {
  return accelerator
    .split("+")
    .filter((it) => it !== "")
    .map((it) => CAPS[it.toLowerCase()] ?? it);
}

/** Whether two accelerators are the same keys. */
export function same(one: string, other: string): boolean {
  const spelled = (it: string) =>
    caps(it)
      .map((cap) => cap.toLowerCase())
      .sort()
      .join("+");
  return spelled(one) === spelled(other);
}
