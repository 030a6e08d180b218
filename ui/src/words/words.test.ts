import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { FluentResource } from "@fluent/bundle";
import { parse, Visitor, type Message, type Resource, type VariableReference } from "@fluent/syntax";
import { describe, expect, test } from "vitest";

import { keyed, lean, values } from "../lib/lean";

/** Where the code asks for the words of a key. */
const ASKED = /\bt\(\s*"([^"]*)"/g;

/** A number, and what it counts, with an ordinary space between them. */
const COUNTED = /(\d|\{ \$(hours|minutes|seconds|ms|percent|days|calls|outcomes) \}) [\p{L}%].*/gu;

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

const written = (language: string): string =>
  readFileSync(join(import.meta.dirname, `${language}.ftl`), "utf8");

const read = (language: string): Resource => parse(written(language), {});

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

  test("has the keys and placeables of English, in its order", () => {
    expect([...messages(read(language))]).toEqual([...english]);
  });

  test("breaks no line between a number and what it counts", () => {
    expect(written(language).match(COUNTED)).toBeNull();
  });

  test("says on the page what its file says", () => {
    const carried = keyed(values(written(language)), lean(written("en")));
    expect(new FluentResource(carried).body).toEqual(new FluentResource(written(language)).body);
  });
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
