// A dialogue with the model. To each message there are two replies; the chosen one goes on, and each choice is a
// comparison of the project.
import { announce, faultLine, get, post, state } from "./api.js";
import { comparePart } from "./compare.js";
import { isTyping } from "./label.js";
import { said } from "./texts.js";

const PROJECT = "talk";

// The replies come as an event of a stream, so that leaving the page ends the sampling.
async function sampled(messages, signal) {
  const response = await fetch("/api/talk/replies", {
    method: "POST", signal,
    headers: { "Content-Type": "application/json", "X-Studio-Token": state.token },
    body: JSON.stringify({ messages }),
  });
  const text = await response.text();
  const data = response.ok ? text.match(/^data: (.*)$/m)?.[1] : text;
  const answer = data ? JSON.parse(data) : { error: "no reply came; try again" };
  if (answer.error) {
    throw new Error(answer.error);
  }
  return answer.replies;
}

class Dialogue {
  constructor(main, projects) {
    this.messages = [];
    this.keys = {};
    this.leaving = new AbortController();
    this.project = make("input", { type: "text", value: PROJECT, list: "project-names", maxlength: 64 });
    this.log = make("div", { class: "messages", id: "dialogue" });
    this.place = make("div", { id: "choice" });
    this.text = make("textarea", { rows: 3, id: "message", onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.say();
      }
    } });
    this.sendButton = make("button", { type: "submit", class: "send" }, "Send");
    this.form = make("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      this.say();
    } }, make("label", { for: "message" }, "Your message. Enter sends it, Shift and Enter begin a line."), this.text,
      make("div", { class: "buttons" }, this.sendButton, make("button", { type: "button", onclick: () => this.clear() }, "New dialogue")));
    main.append(make("section", { class: "labelling", "aria-labelledby": "talk-title" },
      make("div", { class: "head" }, make("h2", { id: "talk-title" }, "Talk"),
        make("label", { class: "soft" }, "Choices go to the project ", this.project),
        make("datalist", { id: "project-names" }, ...projects.map(({ name }) => make("option", { value: name })))),
      make("p", { class: "soft" }, `Write to ${state.model}, choose one of its two replies, and go on from it.`),
      this.log, this.place, this.form));
    this.onKey = (event) => {
      const act = this.keys[event.key.toLowerCase()];
      if (act && !isTyping(event)) {
        event.preventDefault();
        act();
      }
    };
    document.addEventListener("keydown", this.onKey);
    this.text.focus();
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    this.leaving.abort();
  }

  clear() {
    this.messages = [];
    this.keys = {};
    this.place.replaceChildren();
    this.draw();
    this.wait(false);
    this.text.focus();
  }

  draw() {
    this.log.replaceChildren(...(this.messages.length ? [said(this.messages)] : []));
    document.documentElement.dataset.turns = String(this.messages.length);
  }

  wait(waiting) {
    this.text.disabled = this.sendButton.disabled = waiting;
  }

  async say() {
    const content = this.text.value.trim();
    if (!content || this.text.disabled) {
      return;
    }
    this.messages.push({ role: "user", content });
    this.draw();
    this.wait(true);
    this.place.replaceChildren(make("p", { class: "soft", role: "status" }, "The model replies."));
    try {
      const replies = await sampled(this.messages, this.leaving.signal);
      this.text.value = "";
      this.offer(replies);
    } catch (fault) {
      if (!this.leaving.signal.aborted) {
        this.messages.pop();
        this.draw();
        this.wait(false);
        this.place.replaceChildren(faultLine(fault));
        this.text.focus();
      }
    }
  }

  offer(replies) {
    const since = performance.now();
    const event = crypto.randomUUID();
    const task = { item: { completions: replies }, shown: [0, 1] };
    const title = make("h3", { tabindex: -1 }, "Which reply is better?");
    const part = comparePart(task, (answer) => this.choose(replies, answer, event, (performance.now() - since) / 1000));
    this.keys = part.keys;
    this.place.replaceChildren(title, part.element);
    title.focus();
    announce("Two replies. Which is better?");
  }

  async choose(replies, answer, event, seconds) {
    this.keys = {};
    try {
      await post("/api/talk/choices", { project: this.project.value.trim(), messages: this.messages, replies, answer, event, seconds });
    } catch (fault) {
      this.offer(replies);
      this.place.prepend(faultLine(fault));
      return;
    }
    const chosen = answer.better === "edited" ? answer.text : replies[typeof answer.better === "number" ? answer.better : 0];
    this.messages.push({ role: "assistant", content: chosen });
    this.place.replaceChildren();
    this.draw();
    this.wait(false);
    this.text.focus();
    announce("Kept. Write your next message.");
  }
}

export async function talkPage(main) {
  if (!state.model) {
    main.append(make("section", { "aria-labelledby": "talk-title" }, make("h2", { id: "talk-title" }, "Talk"),
      make("p", { class: "empty" }, "There is no model to talk with. Start the studio with one:"),
      make("pre", { class: "scroll", tabindex: 0 }, make("code", {}, "rlhf studio --model MODEL"))));
    return null;
  }
  const { projects } = await get("/api/projects");
  const dialogue = new Dialogue(main, projects);
  return () => dialogue.close();
}
