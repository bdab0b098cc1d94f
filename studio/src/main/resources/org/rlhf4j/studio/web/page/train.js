// Training a reward model on the labels: what it starts from and how it goes, the queue, and what became of each.
import { announce, faultLine, get, post, state } from "./api.js";
import { keepingFocus } from "./focus.js";

const LOOK_AGAIN = 700;
const STATES = { waiting: "waiting", running: "running", finished: "finished", stopped: "stopped", failed: "failed", refused: "refused", withdrawn: "withdrawn" };
const BUSY = ["waiting", "running"];

function count(many, one, several) {
  return `${many.toLocaleString("en")} ${many === 1 ? one : several}`;
}

export class TrainSection {
  // What is told of a training that has just ended.
  constructor(place, name, ended) {
    this.path = `/api/projects/${encodeURIComponent(name)}/trainings`;
    this.ended = ended;
    this.before = new Map();
    this.form = make("div", {});
    this.note = make("div", { role: "status", tabindex: -1 });
    this.list = make("div", { class: "trainings" });
    place.append(make("section", { "aria-labelledby": "train-title" },
      make("h2", { id: "train-title" }, "Train"), this.form, this.note, this.list));
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }

  async refresh() {
    clearTimeout(this.timer);
    try {
      const answer = await get(this.path);
      if (this.closed) {
        return;
      }
      this.drawForm(answer);
      this.draw(answer);
      this.tellEnded(answer.trainings);
      this.lost?.remove();
      this.lost = null;
      if (answer.trainings.some((one) => BUSY.includes(one.state))) {
        this.timer = setTimeout(() => this.refresh(), LOOK_AGAIN);
      }
    } catch (fault) {
      if (!this.lost) {
        this.lost = faultLine(fault);
        this.list.prepend(this.lost);
      }
      this.timer = setTimeout(() => this.refresh(), 3 * LOOK_AGAIN);
    }
  }

  tellEnded(trainings) {
    for (const one of trainings) {
      if (BUSY.includes(this.before.get(one.id)) && !BUSY.includes(one.state)) {
        announce(`${one.name} is ${STATES[one.state]}.`);
        this.ended(one);
      }
      this.before.set(one.id, one.state);
    }
    document.documentElement.dataset.training = trainings.length ? trainings[0].state : "none";
  }

  // Made anew only if there is another model to start from: nobody loses what they typed.
  drawForm({ bases, defaults, judgedOn, trainings }) {
    if (state.role !== "admin") {
      return;
    }
    const kinds = JSON.stringify(bases);
    if (this.kinds === kinds) {
      return;
    }
    this.kinds = kinds;
    if (!bases.length) {
      this.form.replaceChildren(make("p", { class: "empty" }, "There is no model to start from. Start the studio with --model MODEL, "
        + "or with --reward-model MODEL to go on from a reward model."));
      return;
    }
    const last = trainings[0]?.recipe || defaults;
    const base = make("select", { id: "train-base" }, ...bases.map(({ id, name }) => make("option", { value: id }, name)));
    const input = (id, value, attributes) => make("input", { id, type: "number", value, required: true, ...attributes });
    const epochs = input("train-epochs", last.epochs, { min: 1, max: 10000, step: 1 });
    const rate = input("train-rate", last.learningRate, { min: 0, max: 1, step: "any" });
    const batch = input("train-batch", last.batchSize, { min: 1, max: 10000, step: 1 });
    this.form.replaceChildren(make("form", { class: "form recipe", onsubmit: async (event) => {
      event.preventDefault();
      if (this.asking) {
        return;
      }
      this.asking = true;
      await this.act(this.path, { base: base.value, epochs: Number(epochs.value), learningRate: Number(rate.value), batchSize: Number(batch.value) },
        "It is asked for.");
      this.asking = false;
    } },
      make("div", { class: "fields" }, make("label", {}, "Start from", base), make("label", {}, "Passes over the labels", epochs),
        make("label", {}, "Learning rate", rate), make("label", {}, "Rows of a step", batch)),
      make("div", { class: "buttons" }, make("button", { type: "submit", class: "send", id: "train" }, "Train a reward model"),
        make("span", { class: "soft" }, judgedOn ? `Each is judged on ${judgedOn}.` : "Each is judged on labels that are kept back."))));
  }

  async act(path, body, told) {
    try {
      const answer = await post(path, body);
      this.note.replaceChildren();
      announce(told);
      await this.refresh();
      return answer;
    } catch (fault) {
      this.note.replaceChildren(faultLine(fault));
      this.note.focus();
      return null;
    }
  }

  draw({ trainings }) {
    const busy = trainings.filter((one) => !["finished", "withdrawn"].includes(one.state));
    const finished = trainings.filter((one) => one.state === "finished");
    const cards = busy.map((one) => this.card(one));
    keepingFocus(this.list, () => this.list.replaceChildren(...cards, ...(finished.length ? [this.table(finished)] : [])));
  }

  card(one) {
    const step = one.last?.step || 0;
    const figures = one.last ? ["loss", "accuracy"].filter((name) => one.last[name] !== undefined)
      .map((name) => `, ${name} ${number(one.last[name], 3)}`).join("") : "";
    const button = (text, id, path, told) => make("button", { type: "button", id: `${id}-${one.id}`,
      onclick: () => this.act(`${this.path}/${one.id}/${path}`, {}, told) }, text);
    const buttons = [];
    if (one.state === "running") {
      buttons.push(button("Stop", "stop", "stop", "It stops in its step or after it."));
    } else if (one.state === "waiting") {
      buttons.push(button("Take out of the queue", "stop", "stop", "It is out of the queue."));
    } else {
      buttons.push(button("Resume", "resume", "resume", "It is in the queue again."));
    }
    const parts = [
      make("div", { class: "name" }, make("h3", {}, one.name), make("span", { class: `pill state ${one.state}` }, STATES[one.state])),
      make("p", { class: "soft" }, this.recipe(one)),
    ];
    if (one.state === "waiting" && one.before.length) {
      parts.push(make("p", {}, `It waits for ${one.before.join(", ")}.`));
    }
    if (one.said) {
      parts.push(make("p", { class: "fault" }, one.said));
    }
    if (["running", "stopped", "failed"].includes(one.state)) {
      parts.push(make("progress", { value: step, max: one.steps, "aria-label": `${one.name}: ${step} of ${one.steps} steps` }),
        make("p", { class: "soft" }, step ? `Step ${step} of ${one.steps}${figures}. ` : "It begins. ",
          step ? make("a", { href: `#/runs?run=${encodeURIComponent(one.run)}` }, "Curves") : null),
        make("pre", { class: "scroll log", tabindex: 0, role: "group", "aria-label": `What ${one.name} said` }, one.log.join("\n") || " "));
    }
    parts.push(make("div", { class: "buttons" }, ...(state.role === "admin" ? buttons : [])));
    return make("article", { class: "card training" }, ...parts);
  }

  recipe({ recipe, learnt, kept, steps, labels }) {
    return `From ${recipe.baseName}, ${count(recipe.epochs, "pass", "passes")} over ${count(learnt, "row", "rows")} in ${count(steps, "step", "steps")}, `
      + `learning rate ${number(recipe.learningRate, 3)}; ${count(kept, "row is", "rows are")} kept back. Labels ${labels.slice(0, 12)}.`;
  }

  table(finished) {
    const share = (value) => `${(100 * value).toFixed(1)} %`;
    return make("div", { class: "card" }, make("h3", {}, "Reward models from these labels"),
      table("reward models from these labels", ["reward model", "labels", "rows", "judged right", "95 % interval", "of pairs"],
        finished.map(({ name, labels, learnt, judged }) => [name, labels.slice(0, 12), learnt.toLocaleString("en"),
          judged ? share(judged.accuracy) : "–", judged ? `${(100 * judged.accuracy_low).toFixed(1)} to ${share(judged.accuracy_high)}` : "–",
          judged ? judged.pairs.toLocaleString("en") : "–"])));
  }
}
