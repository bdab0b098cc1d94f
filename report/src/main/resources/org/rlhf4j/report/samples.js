// One place to look: the samples of a run after a step.
function sampleViews(runs) {
  return runs.flatMap((run, index) => [...new Set(run.samples.map((sample) => sample.step))].map((step) => ({
    id: `${index}:${step}`, run: index, step,
    name: `${run.name}, ${step === 0 ? "before the first step" : `after step ${step}`}`,
    samples: new Map(run.samples.filter((sample) => sample.step === step).map((sample) => [sample.prompt, sample])),
  })));
}

// At first: the last run with scores, else the last with samples; its first samples beside its last.
function firstPair(views) {
  const scored = views.filter((view) => [...view.samples.values()].some((sample) => sample.score !== null));
  const of = (scored.length ? scored : views).at(-1).run;
  const steps = views.filter((view) => view.run === of);
  return [steps[0], steps.at(-1)];
}

function sampleSide(view, sample, other) {
  const label = [make("span", {}, view.name)];
  if (sample.score !== null) {
    label.push(make("span", { class: "score" }, `reward ${number(sample.score, 3)}`));
    if (other && other.score !== null && other.score !== sample.score) {
      const gain = sample.score - other.score;
      label.push(make("span", { class: gain < 0 ? "loss" : "gain" }, signed(gain)));
    }
  }
  if (!sample.ended) {
    label.push(make("span", { class: "cut" }, "cut"));
  }
  return make("div", { class: "side" }, make("div", { class: "label" }, ...label),
    make("div", { class: "completion" }, sample.completion.trimStart() || "(nothing)"));
}

function samplesSection(runs) {
  const views = sampleViews(runs);
  if (views.length === 0) {
    return null;
  }
  let [left, right] = firstPair(views);
  const list = make("div", { "aria-live": "polite" });
  const show = () => {
    const shared = [...left.samples.keys()].filter((prompt) => right.samples.has(prompt));
    list.replaceChildren(...(shared.length ? shared.map((prompt) => make("article", { class: "card sample" },
      promptBox(prompt),
      make("div", { class: "pair" },
        sampleSide(left, left.samples.get(prompt), null),
        sampleSide(right, right.samples.get(prompt), left.samples.get(prompt)))))
      : [make("p", { class: "empty" }, "These two runs have no prompt in common. Runs on the same data have the same prompts.")]));
  };
  const pick = (chosen, take) => options(views.map((view) => [view.id, view.name]), chosen.id,
    (id) => { take(views.find((view) => view.id === id)); show(); });
  show();
  return section("samples", "Samples, side by side",
    make("p", {}, "The prompts and the random numbers are the same, so only the model makes the difference."),
    make("div", { class: "controls" },
      labelled("Left", pick(left, (view) => { left = view; })),
      labelled("Right", pick(right, (view) => { right = view; }))),
    list);
}
