// A picture of every scene, in `pictures/`: `npm run pictures`, or `npm run pictures -- sound more` for those whose names begin so.
// `npm run pictures -- README` draws those that the README shows, where they lie.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";

import { chromium } from "playwright";
import { createServer, preview } from "vite";

const FOLDER = join(import.meta.dirname, "pictures");

/** The scenes that the README shows, by the names of their files; twice as fine as they are shown. */
const README = { ready: "ready", call: "talking" };
const FOLDER_OF_README = join(import.meta.dirname, "../.github");

const vite = await createServer({ mode: "scripted", server: { middlewareMode: true }, appType: "custom" });
/** @type {typeof import("./src/scripted/scenes")} */
const { LEAST, SCENES } = await vite.ssrLoadModule("/src/scripted/scenes.ts");
await vite.close();

/** The sizes of the three pages where nothing else is asked for. */
const HEIGHTS = { index: 600, ring: 148, mini: 56 };
const WIDTHS = { index: [320, 360, 480], ring: [380], mini: [360] };

/** So high is a page that scrolls, with all that is on it. */
const WHOLE = 2000;

/**
 * @typedef {{ width: number, height: number, theme: "light" | "dark" | "contrast", language: string, text: number }} Look
 * @param {keyof typeof WIDTHS} page
 * @returns {Look}
 */
const usual = (page) => ({
  width: page === "index" ? 360 : WIDTHS[page][0],
  height: HEIGHTS[page],
  theme: "light",
  language: "en",
  text: 100,
});

/**
 * @param {import("./src/scripted/scenes").Scene} scene
 * @returns {Look[]}
 */
function looks({ page, at }) {
  const plain = usual(page);
  const [width, height] = LEAST[page];
  return [
    ...WIDTHS[page].flatMap((width) => [
      { ...plain, width },
      { ...plain, width, theme: /** @type {const} */ ("dark") },
    ]),
    { ...plain, theme: /** @type {const} */ ("contrast") },
    // The longest words in the least window, and each script in the widest.
    ...["de", "es", "hi", "ar"].map((language) => ({ ...plain, width, height, language })),
    ...(page === "index" ? ["hi", "ar"].map((language) => ({ ...plain, width: 480, language })) : []),
    { ...plain, text: 200 },
    ...(at === undefined
      ? []
      : [
          { ...plain, height: WHOLE },
          { ...plain, height: WHOLE, theme: /** @type {const} */ ("dark") },
        ]),
  ];
}

/** @param {Look} look */
const nameOf = ({ width, height, theme, language, text }) =>
  [
    width,
    theme,
    ...(language === "en" ? [] : [language]),
    ...(text === 100 ? [] : [`text${text}`]),
    ...(height === WHOLE ? ["whole"] : []),
  ].join("-");

const asked = process.argv.slice(2);
const ofReadme = asked.includes("README");
const work = ofReadme
  ? Object.entries(README).map(([file, name]) => ({
      name,
      page: /** @type {const} */ ("index"),
      look: usual("index"),
      path: join(FOLDER_OF_README, `${file}.png`),
    }))
  : Object.entries(SCENES)
      .filter(([name]) => asked.length === 0 || asked.some((it) => name.startsWith(it)))
      .flatMap(([name, scene]) =>
        looks(scene).map((look) => ({
          name,
          page: scene.page,
          look,
          path: join(FOLDER, name, `${nameOf(look)}.png`),
        })),
      );

const server = await preview({
  mode: "scripted",
  build: { outDir: "dist-scripted" },
  preview: { host: "127.0.0.1", port: 0 },
});
const address = server.resolvedUrls?.local[0] ?? "";

if (!ofReadme) {
  rmSync(FOLDER, { recursive: true, force: true });
}
/** What the browser complained of. */
const complaints = new Set();
const queue = work.values();

async function take() {
  // Tabs of one browser that are of different sizes get pieces of each other.
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({
    deviceScaleFactor: ofReadme ? 2 : 1,
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  const tab = await context.newPage();
  tab.on("pageerror", (error) => complaints.add(`${tab.url()}: ${error.message}`));
  tab.on("console", (told) => {
    if (told.type() === "error" && !told.location().url.endsWith("/favicon.ico")) {
      complaints.add(`${tab.url()}: ${told.text()}`);
    }
  });
  for (const { name, page, look, path } of queue) {
    const query = new URLSearchParams({
      state: name,
      theme: look.theme === "contrast" ? "dark" : look.theme,
      language: look.language,
      text: String(look.text),
    });
    await tab.setViewportSize({ width: look.width, height: look.height });
    const contrast = look.theme === "contrast";
    await tab.emulateMedia({
      forcedColors: contrast ? "active" : "none",
      contrast: contrast ? "more" : null,
    });
    await tab.goto(`${address}${page}.html?${query}`);
    await tab.waitForSelector(`[data-played="${name}"]`, { state: "attached" });
    await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    mkdirSync(dirname(path), { recursive: true });
    await tab.screenshot({ path });
    // Sideways nothing may be out of sight.
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (wide) {
      complaints.add(`${tab.url()}: wider than its window of ${look.width}`);
    }
  }
  await browser.close();
}

await Promise.all(cpus().map(take));
await server.close();

if (!ofReadme) {
  /** @type {Map<string, string[]>} */
  const sections = new Map();
  for (const { name, look } of work) {
    sections.set(name, [...(sections.get(name) ?? []), nameOf(look)]);
  }
  writeFileSync(
    join(FOLDER, "index.html"),
    `<!doctype html>
<meta charset="utf-8">
<title>Helix Phone</title>
<style>
  body { font: 14px system-ui; margin: 16px; background: #ccd2d8; }
  section { display: flex; flex-wrap: wrap; gap: 16px; }
  figure { margin: 0; }
  img { display: block; box-shadow: 0 1px 4px #0006; }
</style>
${[...sections]
  .map(
    ([name, files]) => `<h2 id="${name}">${name}</h2>
<section>${files
      .map(
        (file) =>
          `<figure><img loading="lazy" src="${name}/${file}.png" alt="${name}, ${file}"><figcaption>${file}</figcaption></figure>`,
      )
      .join("\n")}</section>`,
  )
  .join("\n")}
`,
  );
}

console.log(`${work.length} pictures: ${ofReadme ? FOLDER_OF_README : join(FOLDER, "index.html")}`);
for (const complaint of complaints) {
  console.error(complaint);
}
process.exitCode = complaints.size > 0 ? 1 : 0;
