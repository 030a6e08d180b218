import { describe, expect, test } from "vitest";

import { caps, pressed, same } from "./accelerator";

const key = (code: string, held: string = "", name = code) => ({
  key: name,
  code,
  ctrlKey: held.includes("c"),
  altKey: held.includes("a"),
  shiftKey: held.includes("s"),
  metaKey: held.includes("m"),
});

describe("keys for other programs' time", () => {
  test("are those that nobody types text with", () => {
    expect(pressed(key("F9"))).toEqual({ is: "keys", accelerator: "F9" });
    expect(pressed(key("F9", "cs"))).toEqual({ is: "keys", accelerator: "Control+Shift+F9" });
    expect(pressed(key("MediaPlayPause"))).toEqual({ is: "keys", accelerator: "MediaPlayPause" });
    for (const taken of [
      key("KeyA"),
      key("KeyA", "ca"),
      key("Digit1", "c"),
      key("F4", "a"),
      key("F9", "m"),
      key("F25"),
    ]) {
      expect(pressed(taken)).toEqual({ is: "unfit" });
    }
  });

  test("wait for the key that follows a modifier", () => {
    expect(pressed(key("ControlLeft", "c", "Control"))).toEqual({ is: "unfinished" });
    expect(pressed(key("AltRight", "", "AltGraph"))).toEqual({ is: "unfinished" });
  });

  test("are shown as they are written on a keyboard", () => {
    expect(caps("CommandOrControl+Shift+F9")).toEqual(["Ctrl", "Shift", "F9"]);
    expect(caps("MediaPlayPause")).toEqual(["Play/Pause"]);
    expect(caps("")).toEqual([]);
  });

  test("are the same in any order and spelling", () => {
    expect(same("Control+Shift+F9", "shift+CommandOrControl+f9")).toBe(true);
    expect(same("F9", "Shift+F9")).toBe(false);
  });
});
