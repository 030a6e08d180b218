import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { FluentResource } from "@fluent/bundle";
import { parse, Visitor, type Message, type Resource, type VariableReference } from "@fluent/syntax";
import { describe, expect, test } from "vitest";

import { ASKED, askingByName, withNames, withoutKeys } from "./keyless";

const SOURCES = join(import.meta.dirname, "..");

class Placeables extends Visitor {
  readonly names = new Set<string>();
  override visitVariableReference(node: VariableReference): void {
    this.names.add(node.id.name);
  }
}

class Broken extends Visitor {
  readonly texts: string[] = [];
  visitJunk(node: { content: string }): void {
    this.texts.push(node.content);
  }
}

const read = (language: string): Resource =>
  parse(readFileSync(join(import.meta.dirname, `${language}.ftl`), "utf8"), {});

function messages(resource: Resource): Map<string, string[]> {
  const found = resource.body.filter((entry): entry is Message => entry.type === "Message");
  return new Map(
    found.map((message) => {
      const placeables = new Placeables();
      placeables.visit(message);
      return [message.id.name, [...placeables.names].sort()];
    }),
  );
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

const languages = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".ftl"))
  .map((name) => name.replace(".ftl", ""));
const english = messages(read("en"));

describe.each(languages)("%s", (language) => {
  test("is written as the reader of the page expects", () => {
    const broken = new Broken();
    broken.visit(read(language));
    expect(broken.texts).toEqual([]);
  });

  test("has the keys and placeables of English", () => {
    expect(Object.fromEntries(messages(read(language)))).toEqual(Object.fromEntries(english));
  });
});

const source = readFileSync(join(import.meta.dirname, "en.ftl"), "utf8");

test.each(languages)("%s says the same when its keys were left out", (language) => {
  const text = readFileSync(join(import.meta.dirname, `${language}.ftl`), "utf8");
  const bare = withoutKeys(text, source);
  expect(bare).not.toMatch(/^[a-z]/m);
  const names = new FluentResource(withNames(bare)).body;
  const keys = new Map(
    new FluentResource(withNames(text)).body.map((message) => [message.id, message.value]),
  );
  expect(names.map((message) => message.value)).toEqual(Array.from(english.keys(), (key) => keys.get(key)));
  const asked = Array.from(english.keys(), (key) => `t("${key}")`).join(" ");
  expect(askingByName(asked, source)).toBe(names.map(({ id }) => `t("${id}")`).join(" "));
});

test("a language that lacks words is refused", () => {
  expect(() => withoutKeys("a = 1\n", "a = 1\nb = 2\n")).toThrow("There are no words for b");
  expect(() => askingByName('t("b")', "a = 1\n")).toThrow("English has no words for b");
});

test("every key that the page uses is there, and every key is used", () => {
  const code = files(SOURCES)
    .filter(
      (path) => /\.(svelte|ts)$/.test(path) && !path.includes("/scripted/") && !path.endsWith(".test.ts"),
    )
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const used = new Set([...code.matchAll(ASKED)].map(([, key]) => key));
  expect([...used].filter((key) => key !== undefined && !english.has(key))).toEqual([]);
  expect([...english.keys()].filter((key) => !used.has(key))).toEqual([]);
  // A key that is made up at run time would be found here, and not in the page that is built.
  expect(code.match(/\bt\((?!\s*"|key: string)[^)]*/g)).toBeNull();
});
