// What a person sees of the page and can press. The test adds a call of `awaited`.

// Texts from outside are isolated by characters that nobody sees.
const clean = (text) => text.replace(/[\u2066-\u2069]/gu, "").replace(/\s+/gu, " ").trim();

const isSeen = (it) => it.checkVisibility({ visibilityProperty: true });

// The name that a screen reader says.
const nameOf = (it) => {
  const words = (labels) => labels.map((label) => label?.textContent ?? "").join(" ");
  const labelledBy = it.getAttribute("aria-labelledby")?.split(" ") ?? [];
  return clean(
    words(labelledBy.map((id) => document.getElementById(id))) ||
      it.getAttribute("aria-label") ||
      words([...(it.labels ?? [])]) ||
      it.textContent,
  );
};

// A dialog lies over all else.
const over = () => document.querySelector("dialog[open]") ?? document;

// For a moment after a call has rung the page takes no press of a pointer.
const canBeUsed = (it) => !it.disabled && getComputedStyle(it).pointerEvents !== "none";

const controls = () =>
  [...over().querySelectorAll("button, input, select")].filter((it) => canBeUsed(it) && isSeen(it));

const control = (name) => controls().find((it) => nameOf(it) === name);

const row = (beginning) => controls().find((it) => nameOf(it).startsWith(beginning));

// Scrolled to, as WebDriver does only with what is wholly outside.
const inSight = (it) => {
  it?.scrollIntoView({ block: "nearest" });
  return it;
};

const sounding = (name) =>
  [...over().querySelectorAll("[role=meter]")].find(
    (it) => isSeen(it) && nameOf(it) === name && Number(it.getAttribute("aria-valuenow")) > 0,
  );

// What is only read aloud stays after it has lost its truth.
const isToldAloud = (it) => it.closest("[aria-live].unseen") !== null;

function text() {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (isSeen(parentElement) && !isToldAloud(parentElement)) {
      words.push(data);
    }
  }
  return clean(words.join(" "));
}

// Answers with what `find` returns once that is something, and with null where it never is.
function awaited(find, withinMs, done) {
  const end = (found) => {
    observer.disconnect();
    clearTimeout(timer);
    done(found);
  };
  const look = () => {
    const found = find();
    if (found) {
      end(found);
    }
  };
  const observer = new MutationObserver(look);
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(document, everything);
  const timer = setTimeout(() => end(null), withinMs);
  look();
}
