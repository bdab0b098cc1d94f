// Draws a part of the page anew and leaves the focus on what has the same id, label or words, of several on the one in the
// same place; if that is gone, on the part.
export function keepingFocus(part, draw) {
  const focused = document.activeElement;
  if (!part.contains(focused)) {
    draw();
    return;
  }
  const nameOf = (element) => element.id || element.getAttribute("aria-label") || element.textContent;
  const { localName, scrollLeft, scrollTop } = focused;
  const name = nameOf(focused);
  const named = () => [...part.querySelectorAll(localName)].filter((element) => nameOf(element) === name);
  const place = named().indexOf(focused);
  draw();
  if (!part.contains(document.activeElement)) {
    part.tabIndex = -1;
    const same = named()[place] || part;
    same.focus({ preventScroll: true });
    same.scrollTo(scrollLeft, scrollTop);
  }
}
