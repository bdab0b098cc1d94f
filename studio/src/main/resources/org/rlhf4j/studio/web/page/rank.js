// Several replies to be put in order: dragged, moved by buttons or by arrow keys. An order that nobody touched is no
// answer. A reply can be tied with the one above it.
import { announce } from "./api.js";
import { said } from "./texts.js";
import { key } from "./label.js";

export function rankPart({ item, shown }, answer) {
  const names = new Map(shown.map((index, i) => [index, String.fromCharCode(65 + i)]));
  const order = [...shown];
  const tied = new Set(); // replies that share the place of the one above
  let touched = false;
  let dragged = null;
  const list = make("ol", { class: "ranking" });
  const send = make("button", { type: "button", class: "send", disabled: true, "aria-keyshortcuts": "Enter", onclick: () => submit() }, "This is the order ", key("Enter"));
  const rows = new Map(shown.map((index) => [index, row(index)]));

  function row(index) {
    const name = names.get(index);
    const place = make("span", { class: "place" });
    const button = (text, label, act) => make("button", { type: "button", "aria-label": `${label} reply ${name}`, onclick: act }, text);
    const up = button("↑", "Move up", () => move(index, -1));
    const down = button("↓", "Move down", () => move(index, 1));
    const tie = make("input", { type: "checkbox", onchange: () => {
      tie.checked ? tied.add(index) : tied.delete(index);
      touch();
      draw();
    } });
    const element = make("li", { class: "card ranked", draggable: "true", "aria-label": `Reply ${name}` },
      make("div", { class: "handle" }, place, make("h3", {}, name), up, down, make("label", { class: "soft" }, tie, "as good as the one above")),
      said(item.completions[index]));
    element.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (by && event.target.closest("button") && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        move(index, by);
      }
    });
    element.addEventListener("dragstart", (event) => {
      dragged = index;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", name);
    });
    element.addEventListener("dragover", (event) => {
      if (dragged !== null) {
        event.preventDefault();
      }
    });
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged !== null && dragged !== index) {
        const to = order.indexOf(index);
        order.splice(order.indexOf(dragged), 1);
        order.splice(to, 0, dragged);
        touch();
        draw();
        told(dragged);
      }
      dragged = null;
    });
    return { element, place, up, down, tie };
  }

  function touch() {
    touched = true;
    send.disabled = false;
  }

  function told(index) {
    announce(`Reply ${names.get(index)} is number ${order.indexOf(index) + 1} of ${order.length}.`);
  }

  function move(index, by) {
    const from = order.indexOf(index);
    const to = from + by;
    if (to < 0 || to >= order.length) {
      return;
    }
    order.splice(from, 1);
    order.splice(to, 0, index);
    touch();
    draw();
    const { up, down } = rows.get(index);
    const wanted = by < 0 ? up : down;
    (wanted.disabled ? (by < 0 ? down : up) : wanted).focus();
    told(index);
  }

  function draw() {
    let place = 0;
    order.forEach((index, i) => {
      const { element, place: shownPlace, up, down, tie } = rows.get(index);
      const first = i === 0;
      if (first) {
        tied.delete(index);
      }
      place = !first && tied.has(index) ? place : i + 1;
      shownPlace.textContent = String(place);
      up.disabled = first;
      down.disabled = i === order.length - 1;
      tie.checked = tied.has(index);
      tie.disabled = first;
      element.classList.toggle("tied", tied.has(index));
    });
    const elements = order.map((index) => rows.get(index).element);
    elements.forEach((element, i) => {
      if (list.children[i] !== element) {
        list.insertBefore(element, list.children[i] || null);
      }
    });
  }

  function submit() {
    if (!touched) {
      return;
    }
    const groups = [];
    for (const index of order) {
      if (tied.has(index)) {
        groups.at(-1).push(index);
      } else {
        groups.push([index]);
      }
    }
    answer({ order: groups });
  }

  draw();
  const asIs = make("button", { type: "button", onclick: () => {
    touch();
    submit();
  } }, "The order is right as it stands");
  return {
    keys: {},
    focus: () => rows.get(order[0]).down.focus({ preventScroll: true }),
    element: make("div", { class: "part", onkeydown: (event) => {
      if (event.key === "Enter" && touched && !event.target.closest("button, input, textarea, summary")) {
        submit();
      }
    } }, make("p", { class: "soft" }, "Drag a reply, or move it with its buttons or the arrow keys on them."), list,
      make("div", { class: "buttons middle" }, send, asIs)),
  };
}
