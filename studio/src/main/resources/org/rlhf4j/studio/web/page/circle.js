// The circle: a reward model held against what people said, and the pairs it gets most wrong, to be looked at again.
import { announce, faultLine, get, post, state as visitor } from "./api.js";
import { keepingFocus } from "./focus.js";
import { said } from "./texts.js";
import { choiceSection } from "./choice.js";
import { TrainSection } from "./train.js";

const LOOK_AGAIN = 1000;

const GROUPS = {
  "new-random": "new to it, drawn at random",
  "new-chosen": "new to it, chosen by a model",
  learnt: "it learnt from these labels",
};

function percent(value) {
  return value === null ? "–" : `${(100 * value).toFixed(1)} %`;
}

function interval({ low, high }) {
  return low === null ? "–" : `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`;
}

function shares(title, head, rows, name = (row) => row.name) {
  return table(title, [head, "pairs", "agrees", "95 % interval"],
    rows.map((row) => [name(row), row.pairs.toLocaleString("en"), percent(row.accuracy), interval(row)]));
}

function headline({ groups }) {
  const [fair] = groups;
  if (!fair.pairs) {
    return make("p", { class: "verdict warn" }, "No pair is new to it and drawn at random, so nothing here says how good it is on others. "
      + "Label some more.");
  }
  return make("p", { class: "headline" }, make("strong", {}, percent(fair.accuracy)),
    ` of ${fair.pairs.toLocaleString("en")} ${fair.pairs === 1 ? "pair" : "pairs"} that are new to it and drawn at random are ordered as people do; `
    + `95 % interval ${interval(fair)}.`);
}

function leftOut({ ties, edited, disagreed, unfit }) {
  const some = [[ties, "answers without a preference"], [edited, "edited replies"], [disagreed, "pairs on which as many people say the contrary"],
    [unfit, "pairs that don't fit the model"]].filter(([count]) => count).map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
  return some.length ? make("p", { class: "soft" }, `Not counted: ${some.join(", ")}.`) : null;
}

export class CirclePage {
  constructor(main, name) {
    this.name = name;
    this.path = `/api/projects/${encodeURIComponent(name)}`;
    this.top = make("div", {});
    this.rest = make("div", {});
    const trained = make("div", {});
    main.append(make("div", { id: "circle" }, this.top, trained, this.rest));
    this.train = new TrainSection(trained, name, (training) => this.offer(training));
    this.asked = {};
    this.done = new Map(); // items about which something was done here
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.train.close();
  }

  // A new reward model is looked at; whether it is used is somebody's choice.
  offer({ state, model }) {
    if (state === "finished") {
      this.asked.model = String(model);
      this.again();
    }
  }

  async refresh() {
    const query = new URLSearchParams(this.asked);
    const answer = await get(`${this.path}/circle?${query}`);
    if (this.closed) {
      return;
    }
    this.draw(answer);
    clearTimeout(this.timer);
    if ((answer.scoring?.missing && !answer.scoring.fault) || answer.choice.placed < 0) {
      this.timer = setTimeout(() => this.again(), LOOK_AGAIN);
    }
  }

  async again() {
    try {
      await this.refresh();
    } catch (fault) {
      this.top.prepend(faultLine(fault));
    }
  }

  draw(answer) {
    const [top, ...rest] = answer.model === undefined ? this.nothing() : this.held(answer);
    keepingFocus(this.top, () => this.top.replaceChildren(top));
    keepingFocus(this.rest, () => this.rest.replaceChildren(...rest));
    document.documentElement.dataset.circle = answer.model === undefined ? "none" : answer.scoring.missing ? "scoring" : String(answer.model);
  }

  nothing() {
    return [make("section", { "aria-labelledby": "circle-title" }, make("h2", { id: "circle-title" }, "Reward model against labels"),
      make("p", { class: "empty" }, "There is no reward model yet. Label some pairs, and train one on them; or start the studio with --reward-model."))];
  }

  held(answer) {
    const { models, current, model, scoring, figures, wrong } = answer;
    const now = models.find((one) => one.id === model);
    const pick = options(models.map((one) => [String(one.id), one.id === current ? `${one.name} (in use)` : one.name]), String(model),
      (id) => { this.asked.model = id; this.again(); });
    pick.id = "circle-model";
    const pairs = options([["new", "new to it"], ["all", "all labels"]], this.asked.pairs || "new",
      (which) => { this.asked.pairs = which; this.again(); });
    pairs.id = "circle-pairs";
    const use = now.id === current || visitor.role !== "admin" ? null : make("button", { type: "button", id: "circle-use", onclick: () => this.use(now) }, "Use it");
    return [
      make("section", { "aria-labelledby": "circle-title" },
        make("div", { class: "head" }, make("h2", { id: "circle-title" }, "Reward model against labels"),
          make("div", { class: "controls" }, labelled("Reward model", pick), use)),
        this.state(scoring, now), headline(figures),
        shares("agreement by group", "pairs", figures.groups, (row) => GROUPS[row.name]), leftOut(figures)),
      choiceSection(this.path, answer, () => this.again()),
      this.parts(figures, pairs, now),
      this.mistakes(wrong),
    ];
  }

  state({ missing, fault }, model) {
    if (fault) {
      return make("div", { class: "fault", role: "alert" }, make("p", {}, fault),
        visitor.role === "admin" ? make("button", { type: "button", id: "circle-retry", onclick: () => this.use(model) }, "Try again") : null);
    }
    return missing ? make("p", { class: "soft", role: "status" }, `It is scoring ${missing.toLocaleString("en")} more items.`) : null;
  }

  parts(figures, pairs, model) {
    const judged = figures.calibration.some((bin) => bin.pairs);
    const title = make("div", { class: "head" }, make("h2", { id: "parts-title" }, "Where it agrees"),
      make("div", { class: "controls" }, labelled("Pairs", pairs)));
    if (!judged) {
      return make("section", { "aria-labelledby": "parts-title" }, title, make("p", { class: "soft" }, "No pair is judged yet."));
    }
    const run = { name: `How sure ${model.name} is`, evaluation: { calibration: figures.calibration, calibration_error: figures.calibrationError } };
    return make("section", { "aria-labelledby": "parts-title" }, title,
      make("p", { class: "soft" }, figures.onNew ? "On pairs that are new to it." : "On all pairs, those that it learnt from too."),
      make("div", { class: "grid plots wide" },
        make("div", { class: "card" }, make("h3", {}, "By annotator"), shares("agreement by annotator", "annotator", figures.annotators)),
        make("div", { class: "card" }, make("h3", {}, "By strength"), shares("agreement by strength", "said to be", figures.strengths)),
        calibrationPlot(run, 0)));
  }

  async use(model) {
    try {
      await post(`${this.path}/circle`, { model: model.id });
      await this.refresh();
      announce(`${model.name} is in use.`);
    } catch (fault) {
      this.top.prepend(faultLine(fault));
    }
  }

  mistakes(wrong) {
    return make("section", { "aria-labelledby": "wrong-title" }, make("h2", { id: "wrong-title" }, "The pairs it gets most wrong"),
      wrong.length ? make("p", {}, "Read some of them. If you wouldn't give the label again, the mistake is in the labels. If you would, it is the model's.")
        : make("p", { class: "soft" }, "There is none, or you may still label those that there are."),
      ...wrong.map((pair) => this.mistake(pair)));
  }

  mistake(pair) {
    const told = make("div", { role: "status" }, this.done.get(pair.item) || null);
    const act = (text, path, more, done, id) => {
      const button = make("button", { type: "button", id, onclick: async () => {
        try {
          await post(`${this.path}/${path}`, { item: pair.item, ...more });
          const line = done();
          this.done.set(pair.item, line);
          told.replaceChildren(line);
          button.disabled = true;
          (told.querySelector("a") || told).focus();
          announce(line.textContent);
        } catch (fault) {
          told.replaceChildren(faultLine(fault));
        }
      } }, text);
      return button;
    };
    told.tabIndex = -1;
    const again = act("Label again", "again", { event: crypto.randomUUID() }, () => make("p", { class: "soft" }, "It is back in your queue. ",
      make("a", { href: `#/label/${encodeURIComponent(this.name)}` }, "Label it now")), `again-${pair.item}`);
    again.disabled = !pair.mine;
    const review = act("Send to reviewers", "referrals", { reason: "A reward model says the contrary." }, () => make("p", { class: "soft" }, "Sent to reviewers."), `review-${pair.item}`);
    review.disabled = pair.sent;
    const votes = `${pair.votes} ${pair.votes === 1 ? "person says" : "people say"} so${pair.others ? `, ${pair.others} the contrary` : ""}`;
    return make("article", { class: "card mistake-pair" },
      make("div", { class: "asked" }, said(pair.prompt)),
      make("div", { class: "pair" },
        make("div", { class: "side" }, make("h3", {}, "People prefer"), said(pair.better)),
        make("div", { class: "side" }, make("h3", {}, "The model prefers"), said(pair.worse))),
      make("p", { class: "soft" }, `${votes}. The model's scores are ${number(-pair.margin, 3)} apart`
        + `${pair.learnt ? ", although it learnt from this label" : ""}${pair.sent ? ". It is sent to reviewers" : ""}.`),
      make("div", { class: "buttons" }, again, review), told);
  }
}

export async function circlePage(main, [name]) {
  const page = new CirclePage(main, name || "");
  await page.refresh();
  await page.train.refresh();
  document.title = `${name} · rlhf studio`;
  return () => page.close();
}
