// Labelling: one item after the other. What is asked of an item is drawn by compare.js, rank.js or write.js; this
// has what they share: the next item, verdicts that are sent until they are taken, undo, skip, flag, keys.
import { announce, faultLine, get, post } from "./api.js";
import { comparePart } from "./compare.js";
import { rankPart } from "./rank.js";
import { writePart } from "./write.js";
import { markdown, promptOf } from "./texts.js";

const PARTS = { compare: comparePart, rank: rankPart, write: writePart };
const ASKED = { compare: "Which reply is better?", rank: "Put the replies in order, the best first.", write: "Write a reply." };
const KEYS_OFF = "studio-keys-off";
const RETRY = 1500;
const AGAIN = [0, 503]; // the studio can't be reached, or is too busy

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // it is forgotten with the page
  }
}

// Single keys don't act where one types, with a modifier, or while a dialog is open.
export function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing
    || event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [contenteditable]");
}

class Labeller {
  constructor(main, project) {
    this.project = project;
    this.path = `/api/projects/${encodeURIComponent(project.name)}`;
    this.progress = project.progress;
    this.since = 0;
    this.busy = false;
    this.keysOff = remembered(KEYS_OFF) === "yes";
    this.title = make("h2", { id: "item-title", tabindex: -1 });
    this.count = make("p", { class: "soft", id: "progress" });
    this.bar = make("progress", { "aria-labelledby": "progress" });
    this.note = make("div", { class: "note", role: "status" });
    this.place = make("div", { id: "item" });
    this.tools = this.toolbar();
    this.guidelines = make("details", { class: "card guidelines" }, make("summary", {}, "Guidelines ", key("G")),
      project.guidelines ? markdown(project.guidelines) : make("p", { class: "soft" }, "This project has no guidelines."));
    main.append(make("section", { class: "labelling", "aria-labelledby": "item-title" },
      make("div", { class: "head" }, this.title, make("div", { class: "far" }, this.bar, this.count)),
      this.guidelines, this.note, this.place, this.tools));
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    this.closed = true;
  }

  toolbar() {
    const button = (text, letter, act) => make("button", { type: "button", "aria-keyshortcuts": letter, onclick: act }, `${text} `, key(letter));
    this.skip = button("Skip", "S", () => this.put("skip"));
    this.flag = button("Flag…", "F", () => this.askReason());
    this.undo = button("Undo", "U", () => this.takeBack());
    this.comment = make("textarea", { rows: 2 });
    const switched = make("input", { type: "checkbox", checked: !this.keysOff, onchange: () => {
      this.keysOff = !switched.checked;
      remember(KEYS_OFF, this.keysOff ? "yes" : "no");
      document.body.classList.toggle("no-keys", this.keysOff);
    } });
    document.body.classList.toggle("no-keys", this.keysOff);
    return make("div", { class: "tools" },
      make("div", { class: "buttons" }, this.undo, this.skip, this.flag,
        make("label", { class: "soft" }, switched, "single keys")),
      make("details", { class: "comment" }, make("summary", {}, "Comment"),
        make("label", {}, make("span", { class: "unseen" }, "Comment on this item"), this.comment)));
  }

  async begin() {
    await this.exchange(() => post(`${this.path}/next`, {}), true);
  }

  // A verdict has an id of its own. It is sent again, with the same id, until the studio has it.
  async exchange(request, first = false) {
    this.busy = true;
    this.place.classList.add("waiting");
    for (;;) {
      try {
        const { task, note } = await request();
        this.busy = false;
        this.show(task, first, note);
        return true;
      } catch (fault) {
        if (this.closed) {
          return false;
        }
        this.note.replaceChildren(faultLine(fault));
        if (!AGAIN.includes(fault.status)) {
          this.busy = false;
          this.place.classList.remove("waiting");
          return false;
        }
        await new Promise((done) => { setTimeout(done, RETRY); });
      }
    }
  }

  send(act, answer) {
    if (this.busy || !this.task) {
      return;
    }
    const comment = this.comment.value.trim();
    const body = {
      event: crypto.randomUUID(), item: this.task.item.id, act,
      answer: comment ? { ...answer, comment } : answer, seconds: (performance.now() - this.since) / 1000,
    };
    this.exchange(() => post(`${this.path}/verdicts`, body)).then((taken) => {
      if (taken) {
        this.tally(act);
      }
    });
  }

  tally(act) {
    const { progress } = this;
    progress.left = Math.max(0, progress.left - 1);
    progress[act === "answer" ? "answered" : "put"]++;
    this.drawProgress();
    if ((progress.answered + progress.put) % 20 === 0) {
      this.refreshProgress();
    }
  }

  async refreshProgress() {
    try {
      this.progress = (await get(this.path)).progress;
      this.drawProgress();
    } catch {
      // the count goes on by itself
    }
  }

  drawProgress() {
    const { answered, put, left, pace } = this.progress;
    this.bar.max = Math.max(1, answered + put + left);
    this.bar.value = answered + put;
    this.count.textContent = `${answered.toLocaleString("en")} answered${put ? `, ${put} put aside` : ""}, `
      + `${left.toLocaleString("en")} left${pace ? `, ${number(pace, 2)} s each` : ""}`;
  }

  put(act, answer = {}) {
    this.send(act, answer);
  }

  takeBack() {
    if (this.busy) {
      return;
    }
    const event = crypto.randomUUID();
    this.exchange(() => post(`${this.path}/undo`, { event })).then(() => this.refreshProgress());
  }

  askReason() {
    if (this.busy || !this.task) {
      return;
    }
    const reason = make("textarea", { rows: 3, required: true });
    const dialog = make("dialog", { "aria-labelledby": "reason-title" });
    const close = () => {
      dialog.close();
      dialog.remove();
      this.flag.focus();
    };
    dialog.append(make("form", { class: "form", method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      close();
      this.put("flag", { comment: reason.value });
    } },
      make("h3", { id: "reason-title" }, "What is wrong with this item?"),
      make("label", {}, "Reason", reason),
      make("div", { class: "buttons" }, make("button", { type: "submit" }, "Flag"),
        make("button", { type: "button", onclick: close }, "Cancel"))));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
    document.body.append(dialog);
    dialog.showModal();
    reason.focus();
  }

  show(task, first, note) {
    this.task = task;
    this.since = performance.now();
    this.comment.value = "";
    this.tools.querySelector(".comment").open = false;
    this.note.replaceChildren(...(note ? [make("p", { class: "soft" }, note)] : []));
    this.place.classList.remove("waiting");
    this.skip.disabled = this.flag.disabled = !task;
    this.drawProgress();
    if (!task) {
      this.part = null;
      this.title.textContent = "Nothing is left for you to label here.";
      this.place.replaceChildren(make("p", { class: "empty" }, "Every item has its answers, or waits for others. ",
        make("a", { href: "#/projects" }, "Back to the projects")));
    } else {
      this.title.textContent = ASKED[task.item.kind];
      this.part = PARTS[task.item.kind](task, (answer) => this.send("answer", answer));
      this.place.replaceChildren(promptOf(task.item), this.part.element);
    }
    document.documentElement.dataset.item = task ? String(task.item.id) : "none";
    this.settleFocus(first);
    announce(task ? `${this.title.textContent} ${this.count.textContent}.` : this.title.textContent);
  }

  // After a verdict the focus is where the next one is given, never lost.
  settleFocus(first) {
    if (!first || document.activeElement === document.body) {
      (this.part?.focus || (() => this.title.focus({ preventScroll: true })))();
    }
    if (!first) {
      window.scrollTo({ top: 0 });
    }
  }

  key(event) {
    if (this.keysOff || this.busy || isTyping(event)) {
      return;
    }
    const pressed = event.key.toLowerCase();
    const act = { s: () => this.put("skip"), f: () => this.askReason(), u: () => this.takeBack(),
      g: () => { this.guidelines.open = !this.guidelines.open; } }[pressed] || this.part?.keys?.[pressed];
    if (act) {
      event.preventDefault();
      act();
    }
  }
}

export function key(letter) {
  return make("kbd", { "aria-hidden": "true" }, letter);
}

export async function labelPage(main, [name]) {
  const project = await get(`/api/projects/${encodeURIComponent(name || "")}`);
  document.title = `${project.name} · rlhf studio`;
  const labeller = new Labeller(main, project);
  await labeller.begin();
  return () => labeller.close();
}
