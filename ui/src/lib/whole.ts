// Text that is cut off can be read as a whole.

/** More than this does not fit under the pointer either. */
const MOST = 512;

/** Tells the text of `element` under the pointer while a part of it is cut off. */
export function whole(element: HTMLElement): () => void {
  const tell = () => {
    const cut = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight + 1;
    element.title = cut ? element.innerText.trim().slice(0, MOST) : "";
  };
  element.addEventListener("pointerenter", tell);
  return () => element.removeEventListener("pointerenter", tell);
}
