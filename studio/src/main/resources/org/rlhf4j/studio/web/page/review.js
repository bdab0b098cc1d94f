// What reviewers do: settle items one after the other, and look at how often annotators are right about gold items.
import { announce, faultLine, get, post, state } from "./api.js";
import { comparePart } from "./compare.js";
import { isTyping } from "./label.js";
import { rankPart } from "./rank.js";
import { promptOf, shownText } from "./texts.js";
import { writePart } from "./write.js";

const PARTS = { compare: comparePart, rank: rankPart, write: writePart };
const STRENGTHS = ["", "hardly better", "slightly better", "better", "much better"];
const FOUND = { contrary: "says the contrary more often than not", careless: "hardly better than guessing", "": "" };
const NAMES = "ABCDEFGHIJKLMNOP";

function who({ name, annotator }) {
  return name ?? `annotator ${annotator}`;
}

function percent(value) {
  return `${(100 * value).toFixed(0)} %`;
}

// An answer in words, with the names that the completions have on this page.
function inWords(item, answer) {
  if (item.kind === "rank") {
    return answer.order.map((tied) => tied.map((index) => NAMES[index]).join(" = ")).join(" > ");
  }
  if (item.kind === "write") {
    return answer.text;
  }
  if (answer.better === "edited") {
    return `edited ${NAMES[answer.of]}: ${answer.text}`;
  }
  return { tie: "tie", "both-bad": "both bad" }[answer.better] || `${NAMES[answer.better]} is ${STRENGTHS[answer.strength]}`;
}

function opinions({ item, answers, flags, referrals }) {
  const line = (one, what, words) => make("tr", {}, make("th", { scope: "row" }, who(one)), make("td", {}, what), make("td", { class: "words" }, ...shownText(words)));
  const rows = [
    ...referrals.map((one) => line(one, "sent it here", one.reason)),
    ...flags.map((one) => line(one, "flagged it", one.reason)),
    ...answers.map((one) => line(one, inWords(item, one.answer), one.answer.comment || "")),
  ];
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What was said" }, make("table", { class: "opinions" },
    make("thead", {}, make("tr", {}, ...["who", "says", "words"].map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows)));
}

class Review {
  constructor(main, project) {
    this.path = `/api/projects/${encodeURIComponent(project.name)}`;
    this.title = make("h2", { id: "review-title", tabindex: -1 });
    this.told = make("div", { role: "status" });
    this.place = make("div", { id: "item" });
    main.append(make("section", { class: "labelling", "aria-labelledby": "review-title" }, this.title, this.told, this.place));
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
  }

  // What is passed over comes again when the page is opened anew.
  passed = new Set();

  draw({ waiting, items }, first) {
    if (waiting > items.length && items.every(({ item }) => this.passed.has(item.id))) {
      this.passed.clear(); // those put off come again before nothing does
    }
    const left = items.filter(({ item }) => !this.passed.has(item.id));
    this.current = left[0];
    const count = waiting - this.passed.size;
    this.title.textContent = this.current ? `Review: ${count} ${count === 1 ? "item waits" : "items wait"}` : "Nothing waits for a reviewer.";
    this.part = null;
    if (!this.current) {
      this.place.replaceChildren(make("p", { class: "empty" }, "Items come here if annotators disagree or flag them, or if somebody sends them."));
    } else {
      const { item, disagreement } = this.current;
      const shown = item.kind === "write" ? [] : item.completions.map((_, index) => index);
      this.part = PARTS[item.kind]({ item, shown }, (answer) => this.settle("answer", answer));
      this.place.replaceChildren(promptOf(item), opinions(this.current),
        make("p", { class: "soft" }, disagreement ? `Disagreement ${number(disagreement, 2)}: the share of pairs of annotators who say different things. ` : "",
          "What you say now decides, whatever others said."),
        this.part.element,
        make("div", { class: "tools" }, make("div", { class: "buttons" },
          make("button", { type: "button", onclick: () => this.settle("leave-out", {}) }, "Leave it out of every export"),
          make("button", { type: "button", onclick: () => this.pass() }, "Later"))));
    }
    document.documentElement.dataset.item = this.current ? String(this.current.item.id) : "none";
    if (!first) {
      this.title.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
      announce(this.title.textContent);
    }
  }

  pass() {
    this.passed.add(this.current.item.id);
    this.begin(false);
  }

  async begin(first = true) {
    this.draw(await get(`${this.path}/review`), first);
  }

  async settle(act, answer) {
    if (this.busy) {
      return;
    }
    this.busy = true;
    const item = this.current.item.id;
    try {
      this.draw(await post(`${this.path}/review`, { event: crypto.randomUUID(), item, act, answer }));
      this.told.replaceChildren(make("p", { class: "soft" }, act === "answer" ? "Settled. " : "Left out. ",
        make("button", { type: "button", onclick: () => this.reopen(item) }, "Undo")));
    } catch (fault) {
      this.told.replaceChildren(faultLine(fault));
    }
    this.busy = false;
  }

  async reopen(item) {
    this.draw(await post(`${this.path}/review`, { event: crypto.randomUUID(), item, act: "reopen", answer: {} }));
    this.told.replaceChildren(make("p", { class: "soft" }, "It is open again."));
  }

  key(event) {
    if (this.busy || isTyping(event)) {
      return;
    }
    const act = this.part?.keys?.[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  }
}

function goldTable(annotators) {
  return annotators.length === 0 ? make("p", { class: "soft" }, "Nobody has answered a gold item yet.")
    : table("gold items", ["annotator", "answered", "right", "share", "95 % interval", "so this one"], annotators.map((one) =>
      [who(one), String(one.answered), String(one.right), percent(one.right / one.answered), `${percent(one.low)} to ${percent(one.high)}`, FOUND[one.found]]));
}

async function goldPart(main, project) {
  const path = `/api/projects/${encodeURIComponent(project.name)}/gold`;
  const { share, items, annotators } = await get(path);
  const parts = [make("h2", { id: "gold-title" }, "Gold items")];
  if (items === 0) {
    parts.push(make("p", {}, "Pairs of which you know which is better tell you how often each annotator is right. Add some, and they come among the others:"),
      make("pre", { class: "scroll", tabindex: 0 }, make("code", {}, `rlhf studio add --gold --data gold.jsonl --project '${project.name}'`)));
  } else {
    parts.push(make("p", {}, `${items.toLocaleString("en")} ${items === 1 ? "pair" : "pairs"} of which it is known which is better. They look like all others, and aren't exported.`), goldTable(annotators));
    if (state.role === "admin") {
      parts.push(shareForm(path, share));
    }
  }
  main.append(make("section", { "aria-labelledby": "gold-title" }, ...parts));
}

function shareForm(path, share) {
  const input = make("input", { type: "number", min: 0, max: 50, step: 1, value: Math.round(100 * share) });
  const told = make("div", { role: "status" });
  return make("form", { class: "form narrow", onsubmit: async (event) => {
    event.preventDefault();
    try {
      await post(path, { share: Number(input.value) / 100 });
      told.replaceChildren(make("p", { class: "gain" }, "Saved."));
    } catch (fault) {
      told.replaceChildren(faultLine(fault));
    }
  } }, make("label", {}, "Gold items among those that an annotator gets, in percent", input), make("button", { type: "submit" }, "Save"), told);
}

export async function reviewPage(main, [name]) {
  const project = await get(`/api/projects/${encodeURIComponent(name || "")}`);
  document.title = `Review of ${project.name} · rlhf studio`;
  const review = new Review(main, project);
  await review.begin();
  await goldPart(main, project);
  return () => review.close();
}
