// Two replies side by side, four strengths for each, tie, both bad, and edit.
import { said } from "./texts.js";
import { key } from "./label.js";

const STRENGTHS = ["", "hardly better", "slightly better", "better", "much better"];
const SIDES = ["A", "B"];

function choice(side, strength, digit, choose) {
  const text = `${SIDES[side]} is ${STRENGTHS[strength]}`;
  return make("button", { type: "button", class: `choice s${strength}`, "aria-keyshortcuts": digit, onclick: choose },
    make("span", {}, text), key(digit));
}

export function comparePart({ item, shown }, answer) {
  const keys = {};
  const bind = (letter, act) => {
    keys[letter.toLowerCase()] = act;
    return act;
  };
  const strengths = [0, 1].map((side) => make("div", { class: "strengths", role: "group", "aria-label": `${SIDES[side]} is better` },
    ...(side === 0 ? [4, 3, 2, 1] : [1, 2, 3, 4]).map((strength) => {
      const digit = String(side === 0 ? 5 - strength : 4 + strength);
      return choice(side, strength, digit, bind(digit, () => answer({ better: shown[side], strength })));
    })));
  const plain = (text, letter, better) => make("button", { type: "button", "aria-keyshortcuts": letter, onclick: bind(letter, () => answer({ better })) }, `${text} `, key(letter));
  const sides = SIDES.map((name, side) => make("article", { class: "card side", "aria-labelledby": `side-${name}` },
    make("h3", { id: `side-${name}` }, name), said(item.completions[shown[side]])));
  const editing = make("div", { class: "editing" });
  const edit = (side) => {
    const original = item.completions[shown[side]];
    const text = make("textarea", { rows: 8, "aria-label": `Edited reply ${SIDES[side]}` });
    text.value = original;
    const save = make("button", { type: "submit", disabled: true }, "Save: the edited reply is better");
    text.addEventListener("input", () => { save.disabled = text.value === original || !text.value.trim(); });
    editing.replaceChildren(make("form", { class: "card form", onsubmit: (event) => {
      event.preventDefault();
      answer({ better: "edited", of: shown[side], text: text.value });
    } },
      make("p", { class: "soft" }, "The edited reply beats the original, and becomes a demonstration."), text,
      make("div", { class: "buttons" }, save, make("button", { type: "button", onclick: () => {
        editing.replaceChildren();
        buttons[side].focus();
      } }, "Cancel"))));
    text.focus();
  };
  const editable = [0, 1].filter((side) => typeof item.completions[shown[side]] === "string");
  const buttons = SIDES.map((name, side) => make("button", { type: "button", disabled: !editable.includes(side), onclick: () => edit(side) },
    `Edit ${name} `, side === 0 ? key("E") : null));
  if (editable.includes(0)) {
    keys.e = () => edit(0);
    buttons[0].setAttribute("aria-keyshortcuts", "E");
  }
  return {
    keys,
    element: make("div", { class: "part" },
      make("div", { class: "pair" }, ...sides),
      make("div", { class: "verdict-bar" }, ...strengths),
      make("div", { class: "buttons middle" }, plain("Tie", "T", "tie"), plain("Both bad", "B", "both-bad"), ...buttons),
      editing),
  };
}
