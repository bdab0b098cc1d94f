// Draws a part of the page anew and leaves the focus on what has the same id, label or words; if that is gone, on the part.
export function keepingFocus(part, draw) {
  const focused = document.activeElement;
  if (!part.contains(focused)) {
    draw();
    return;
  }
  const nameOf = (element) => element.id || element.getAttribute("aria-label") || element.textContent;
  const name = nameOf(focused);
  const { localName, scrollLeft, scrollTop } = focused;
  draw();
  if (!part.contains(document.activeElement)) {
    part.tabIndex = -1;
    const same = [...part.querySelectorAll(localName)].find((element) => nameOf(element) === name) || part;
    same.focus({ preventScroll: true });
    same.scrollTo(scrollLeft, scrollTop);
  }
}
