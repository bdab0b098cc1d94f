// Is the reward model good enough? One card a model, and between two the paired comparison.
function judgeCard(model, index) {
  return make("article", { class: "card run", ofRun: index },
    make("div", { class: "name" }, make("h3", {}, model.name)),
    verdictLine(model.headline),
    factList(model.headline.facts));
}

function verdictSection(models) {
  return section("verdict", "Is it good enough?",
    make("p", {}, "On pairs that it wasn't trained on, it must order more right than a judge that looks only at length. "
      + "A model can't agree with people more than people agree with each other: they agree on about 63 to 73 % of such pairs."),
    make("div", { class: "grid runs" }, ...models.map(judgeCard)));
}

function shareOf(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function comparisonSection(models, test) {
  if (!test) {
    return null;
  }
  const [first, second] = models.map((model) => model.name);
  const points = (value) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
  const better = test.difference > 0 ? first : second;
  const clear = test.p_value < 0.05;
  return section("comparison", "The two models on the same pairs",
    make("p", {}, "Pairs that both judge alike don't show which is better. The other pairs are weighed like throws of a coin (McNemar's exact test)."),
    make("div", { class: "card comparison" },
      verdictLine({
        verdict: clear ? "better" : "unclear",
        sentence: clear ? `${better} is better: p ${number(test.p_value, 2)}` : `No clear difference: p ${number(test.p_value, 2)}`,
      }),
      factList([
        { label: first, value: shareOf(test.accuracy), note: `${test.better} pairs that it alone judges better` },
        { label: second, value: shareOf(test.other_accuracy), note: `${test.worse} pairs that it alone judges better` },
        { label: "difference", value: `${points(test.difference)} points`, note: `95 % interval ${points(test.difference_low)} to ${points(test.difference_high)}` },
        { label: "pairs", value: String(test.pairs), note: "judged by both" },
      ])));
}
