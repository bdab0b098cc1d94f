// Elements are made by hand and texts set as text: nothing from the data is ever read as HTML.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "ofRun") {
      element.style.setProperty("--of-run", `var(--run-${value % 8})`);
    } else if (name === "style") {
      element.style.cssText = value; // a strict content policy refuses the attribute
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function number(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return "–";
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    return value.toExponential(2);
  }
  return Number(value.toPrecision(digits)).toString();
}

function signed(value) {
  return (value > 0 ? "+" : "") + number(value, 3);
}

function table(title, heads, rows) {
  const head = make("tr", {}, ...heads.map((text, i) => make("th", { scope: "col", class: i ? "number" : false }, text)));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((cell, i) => make("td", { class: i ? "number" : false }, cell))));
  const box = make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Table: ${title}` });
  box.append(make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
  return box;
}

// A table that is made when it is first opened.
function tableBehind(content, title = "Table") {
  const details = make("details", {}, make("summary", {}, title));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      details.append(content());
    }
  });
  return details;
}

function section(id, title, ...children) {
  return make("section", { id, "aria-labelledby": `${id}-title` },
    make("h2", { id: `${id}-title` }, title), ...children);
}

// A prompt; of a long one the end is in sight, which the completion follows.
function promptBox(text) {
  const box = make("div", { class: "prompt", tabindex: 0, role: "group", "aria-label": "Prompt" }, text.trim() || "(no prompt)");
  requestAnimationFrame(() => {
    box.scrollTop = box.scrollHeight;
    if (box.scrollHeight <= box.clientHeight) {
      box.removeAttribute("tabindex"); // nothing to scroll to
    }
  });
  return box;
}

function labelled(text, control) {
  return make("label", {}, text, control);
}

function options(entries, chosen, change) {
  const select = make("select", { onchange: () => change(select.value) });
  for (const [value, text] of entries) {
    select.append(make("option", { value, selected: value === chosen }, text));
  }
  return select;
}
