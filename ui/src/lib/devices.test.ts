import { describe, expect, test } from "vitest";

import { choices, drawing, first, higher, nameOfId } from "./devices";
import type { Device, SoundView } from "./phone";

const device = (id: string, more: Partial<Device> = {}): Device => ({
  id,
  name: id,
  kind: "headset",
  input: true,
  output: true,
  default_input: false,
  default_output: false,
  ...more,
});

const sound = (devices: Device[] | null) => ({ devices }) as SoundView;

describe("the devices of a role", () => {
  test("are the favourites in their order, there or away, and then what else serves", () => {
    const here = device("here");
    const other = device("other");
    const { favourites, others } = choices(sound([other, here]), "speaker", ["away", "here"]);
    expect(favourites).toEqual([
      { id: "away", device: null },
      { id: "here", device: here },
    ]);
    expect(others).toEqual([other]);
  });

  test("leave out what hears or speaks for the role not at all", () => {
    const all = sound([
      device("deaf", { input: false }),
      device("dumb", { output: false }),
      device("monitor", { kind: "monitor" }),
    ]);
    expect(choices(all, "microphone", []).others.map((it) => it.id)).toEqual(["dumb"]);
    expect(choices(all, "ringer", []).others.map((it) => it.id)).toEqual(["deaf", "monitor"]);
    expect(choices(all, "microphone", ["monitor"]).favourites).toHaveLength(1);
  });

  test("are none before they were listed", () => {
    expect(choices(sound(null), "microphone", ["a"])).toEqual({
      favourites: [{ id: "a", device: null }],
      others: [],
    });
  });
});

test("a device goes to the top, or one place higher", () => {
  expect(first(["a", "b"], "c")).toEqual(["c", "a", "b"]);
  expect(first(["a", "b"], "b")).toEqual(["b", "a"]);
  expect(higher(["a", "b", "c"], "c")).toEqual(["a", "c", "b"]);
  expect(higher(["a", "b"], "a")).toEqual(["a", "b"]);
  expect(higher(["a", "b"], "none")).toEqual(["a", "b"]);
});

test("a device that is away is named by its id", () => {
  expect(nameOfId("pulseaudio:alsa_input.usb-Jabra_Evolve2")).toBe("usb-Jabra Evolve2");
  expect(nameOfId("plain")).toBe("plain");
});

test("a device is drawn as what it is", () => {
  expect(drawing(device("a", { kind: "bluetooth" }), "ringer")).toBe("headset");
  expect(drawing(device("a", { kind: "other" }), "ringer")).toBe("bell");
  expect(drawing(null, "microphone")).toBe("microphone");
});
