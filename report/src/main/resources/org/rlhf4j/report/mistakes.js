// The pairs that a reward model orders most wrong, to be read side by side.
const MISTAKES_AT_ONCE = 5;

function mistakeSide(title, score, text) {
  return make("div", { class: "side" },
    make("div", { class: "label" }, make("span", {}, title), make("span", { class: "score" }, `score ${number(score, 3)}`)),
    make("div", { class: "completion" }, text.trim() || "(nothing)"));
}

function mistake(pair) {
  return make("article", { class: "card sample" },
    make("div", { class: "label" }, make("span", { class: "mono" }, pair.location),
      make("span", { class: "loss" }, signed(pair.chosen_score - pair.rejected_score))),
    promptBox(pair.prompt),
    make("div", { class: "pair" },
      mistakeSide("chosen by people", pair.chosen_score, pair.chosen),
      mistakeSide("preferred by the model", pair.rejected_score, pair.rejected)));
}

function mistakesSection(models) {
  const judged = models.filter(({ evaluation }) => evaluation.most_wrong.length > 0);
  if (judged.length === 0) {
    return null;
  }
  let chosen = judged[0];
  let shown = MISTAKES_AT_ONCE;
  const list = make("div", { "aria-live": "polite" });
  const more = make("button", { type: "button", class: "more", onclick: () => { shown += MISTAKES_AT_ONCE; show(); } }, "Show more");
  const show = () => {
    list.replaceChildren(...chosen.evaluation.most_wrong.slice(0, shown).map(mistake));
    more.hidden = shown >= chosen.evaluation.most_wrong.length;
  };
  const pick = judged.length === 1 ? null : make("div", { class: "controls" },
    labelled("Model", options(judged.map((model, index) => [String(index), model.name]), "0",
      (index) => { chosen = judged[Number(index)]; shown = MISTAKES_AT_ONCE; show(); })));
  show();
  return section("mistakes", "The pairs it gets most wrong",
    make("p", {}, "Read some of them. If you wouldn't give the label yourself, the mistake is in the data. If you would, it is the model's."),
    pick, list, more);
}
