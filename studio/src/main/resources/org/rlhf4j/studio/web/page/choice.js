// Which items come next: at random, or where a reward model is unsure, disagrees with people, or differs from another.
import { announce, faultLine, post, state } from "./api.js";

const STRATEGIES = [
  ["random", "at random"],
  ["smallest-margin", "where the model is least sure"],
  ["disagreement", "where it disagrees most with people so far"],
  ["spread", "where two reward models differ most"],
];

export function choiceSection(path, { choice, models, model }, changed) {
  const told = make("div", { role: "status", tabindex: -1 }, choice.fault ? faultLine({ message: choice.fault }) : null);
  const other = make("select", { id: "choice-other" }, ...models.filter(({ id }) => id !== model)
    .map(({ id, name }) => make("option", { value: id, selected: id === choice.other }, name)));
  const others = labelled("The other model", other);
  const strategy = options(STRATEGIES.filter(([name]) => name !== "spread" || models.length > 1), choice.strategy,
    (name) => { others.hidden = name !== "spread"; });
  strategy.id = "choice-strategy";
  others.hidden = choice.strategy !== "spread";
  const choose = make("button", { type: "button", id: "choose", onclick: async () => {
    try {
      await post(`${path}/choice`, { strategy: strategy.value, model, other: Number(other.value) || null });
      announce("The next items are chosen.");
      changed();
    } catch (fault) {
      told.replaceChildren(faultLine(fault));
      told.focus();
    }
  } }, "Choose");
  return make("section", { "aria-labelledby": "choice-title" }, make("h2", { id: "choice-title" }, "Which items come next"),
    make("div", { class: "controls" }, ...(state.role === "admin" ? [labelled("Items come", strategy), others, choose] : [])),
    make("p", { class: "soft" }, said(choice, models)), told);
}

function said({ strategy, model, other, placed }, models) {
  if (placed < 0) {
    return "The model scores the items first.";
  }
  if (strategy === "random") {
    return "Items come at random.";
  }
  const name = (id) => models.find((one) => one.id === id)?.name || "a model";
  const items = `${placed.toLocaleString("en")} ${placed === 1 ? "item has" : "items have"} a place by ${name(model)}${other ? ` and ${name(other)}` : ""}`;
  const none = strategy === "disagreement" && !placed
    ? " No open item has an answer: let a project have more annotators of each item, or label a pair again." : "";
  return `${items}. Items of prompts that are kept back come at random among them, so that they judge fairly.${none}`;
}
