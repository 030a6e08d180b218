// Which devices there are to choose from, and in which order the user wants them.

import type { Device, DeviceRole, SoundSettings, SoundView } from "./phone";
import type { Drawing } from "../parts/Icon.svelte";

/** A device in the order of choice; `device` is null where a favourite is not plugged in. */
export type Choice = { id: string; device: Device | null };

export type Choices = {
  /** Dearest first. */
  favourites: Choice[];
  /** What else is there. */
  others: Device[];
};

export function choices(sound: SoundView, role: DeviceRole, favourites: string[]): Choices {
  const devices = sound.devices ?? [];
  return {
    favourites: favourites.map((id) => ({ id, device: devices.find((it) => it.id === id) ?? null })),
    others: devices.filter((it) => !favourites.includes(it.id) && serves(it, role)),
  };
}

/** Whether nothing hears its user; before the devices are known nobody can tell. */
export function isDeaf(sound: SoundView): boolean {
  // A monitor is an input as well, and hears the computer itself.
  return sound.devices !== null && sound.microphone === null;
}

/** Whether its user hears nothing. */
export function isMute(sound: SoundView): boolean {
  return sound.devices !== null && sound.speaker === null;
}

/** Whether it sits on its user's head, as far as the system tells. */
export function isHeadset(device: Device | null): device is Device {
  switch (device?.kind) {
    case "headset":
    case "bluetooth":
      return true;
    case "built_in":
    case "monitor":
    case "other":
    case undefined:
      return false;
  }
}

/** Whether its user has said which devices are to be used. */
export const hasChosen = ({ microphone, speaker, ringer }: SoundSettings): boolean =>
  microphone.length + speaker.length + ringer.length > 0;

/** Whether a device is offered for a role; what a monitor hears is the computer itself. */
function serves(device: Device, role: DeviceRole): boolean {
  return role === "microphone" ? device.input && device.kind !== "monitor" : device.output;
}

/** What the id of a device that is away tells of its name. */
export function nameOfId(id: string): string {
  const bare = id.slice(id.indexOf(":") + 1).replace(/^alsa_(input|output)\./, "");
  return bare.replaceAll("_", " ");
}

export function drawing(device: Device | null, role: DeviceRole): Drawing {
  if (isHeadset(device)) {
    return "headset";
  }
  return role === "microphone" ? "microphone" : role === "speaker" ? "speaker" : "bell";
}

/** The list with that device moved to its top. */
export const first = (favourites: string[], id: string): string[] => [
  id,
  ...favourites.filter((it) => it !== id),
];

/** The list with that device one place higher. */
export function higher(favourites: string[], id: string): string[] {
  const at = favourites.indexOf(id);
  if (at < 1) {
    return favourites;
  }
  const moved = favourites.filter((it) => it !== id);
  moved.splice(at - 1, 0, id);
  return moved;
}
