// Prompts and completions as they are. Characters that turn the writing around or can't be seen are shown by name,
// so that nobody judges another text than the model wrote.
const UNSEEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028\u2029\u202A-\u202E\u2060-\u2069\uFEFF]/g;

export function shownText(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    parts.push(text.slice(from, match.index),
      make("span", { class: "unprintable" }, `U+${match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`));
    from = match.index + 1;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}

// A text or a list of messages.
export function said(content) {
  if (typeof content === "string") {
    return make("div", { class: "completion" }, ...(content ? shownText(content) : [make("span", { class: "soft" }, "(nothing)")]));
  }
  return make("div", { class: "messages" }, ...content.map(({ role, content: text }) =>
    make("div", { class: `message ${role === "assistant" ? "assistant" : "other"}` },
      make("div", { class: "role" }, role), make("div", { class: "completion" }, ...shownText(text)))));
}

export function promptOf(item) {
  const box = make("div", { class: "asked", tabindex: 0, role: "group", "aria-label": "Prompt" }, said(item.prompt));
  requestAnimationFrame(() => {
    box.scrollTop = box.scrollHeight; // what the completions follow is in sight
    if (box.scrollHeight <= box.clientHeight) {
      box.removeAttribute("tabindex");
    }
  });
  return box;
}

// Markdown as far as guidelines need it: headings, lists, paragraphs, **strong**, *emphasis*, `code`.
function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**") && part.length > 4) {
      return make("strong", {}, part.slice(2, -2));
    }
    if (part.startsWith("*") && part.length > 2) {
      return make("em", {}, part.slice(1, -1));
    }
    return part.startsWith("`") && part.length > 2 ? make("code", {}, part.slice(1, -1)) : part;
  });
}

export function markdown(text) {
  const box = make("div", { class: "markdown" });
  for (const block of text.trim().split(/\n\s*\n/)) {
    const lines = block.split("\n");
    const heading = block.match(/^(#{1,3})\s+(.*)/);
    if (heading) {
      box.append(make(`h${heading[1].length + 2}`, {}, ...inline(heading[2])));
      lines.shift();
    }
    const items = lines.map((line) => line.match(/^\s*(?:[-*]|(\d+)\.)\s+(.*)/));
    if (lines.length && items.every((item) => item)) {
      box.append(make(items[0][1] ? "ol" : "ul", {}, ...items.map((item) => make("li", {}, ...inline(item[2])))));
    } else if (lines.length) {
      box.append(make("p", {}, ...inline(lines.join(" "))));
    }
  }
  return box;
}
