// A reply to a prompt, from nothing or from what is there.
import { post, state } from "./api.js";

export function writePart({ item }, answer) {
  const before = typeof item.completions[0] === "string" ? item.completions[0] : "";
  const text = make("textarea", { rows: 10, id: "reply" });
  text.value = before;
  const count = make("span", { class: "soft" });
  const save = make("button", { type: "submit", class: "send" }, before ? "This is the reply" : "Save");
  let timer = null;
  const tally = () => {
    const characters = [...text.value].length;
    const plain = `${characters.toLocaleString("en")} ${characters === 1 ? "character" : "characters"}`;
    count.textContent = plain;
    save.disabled = !text.value.trim();
    clearTimeout(timer);
    if (!state.model) {
      return; // nothing here counts tokens
    }
    timer = setTimeout(async () => {
      const counted = text.value;
      const { tokens } = await post("/api/tokens", { text: counted }).catch(() => ({}));
      if (tokens !== undefined && counted === text.value) {
        count.textContent = `${plain}, ${tokens.toLocaleString("en")} tokens`;
      }
    }, 300);
  };
  text.addEventListener("input", tally);
  tally();
  return {
    keys: {},
    focus: () => text.focus({ preventScroll: true }),
    element: make("form", { class: "part form", onsubmit: (event) => {
      event.preventDefault();
      if (text.value.trim()) {
        answer({ text: text.value });
      }
    } },
      make("label", { for: "reply" }, "Reply"), text,
      make("div", { class: "buttons" }, save, count)),
  };
}
