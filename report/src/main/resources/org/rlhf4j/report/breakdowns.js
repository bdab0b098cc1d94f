// The accuracy on parts of the pairs: a dot with its interval for each model, a tick for length alone.
const ROW = 26;

function breakdownPlot(by, models) {
  const width = 420;
  const left = 150;
  const x = (share) => left + share * (width - left - 30);
  const names = [...new Set(models.flatMap(({ parts }) => parts.map((part) => part.name)))];
  const height = names.length * ROW + 30;
  const marks = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    marks.push(draw("line", { class: share === 0.5 ? "ideal" : "gridline", x1: x(share), x2: x(share), y1: 4, y2: height - 24 }));
    marks.push(draw("text", { x: x(share), y: height - 8, "text-anchor": "middle" }, percent(share)));
  }
  names.forEach((name, row) => {
    const middle = 4 + (row + 0.5) * ROW;
    marks.push(draw("text", { x: left - 10, y: middle + 4, "text-anchor": "end" }, name.length > 22 ? `${name.slice(0, 21)}…` : name));
    models.forEach(({ index, parts }, place) => {
      const part = parts.find((one) => one.name === name);
      if (part) {
        const y = middle + (place - (models.length - 1) / 2) * 9;
        marks.push(draw("line", { class: "interval", ofRun: index, x1: x(part.accuracy_low), x2: x(part.accuracy_high), y1: y, y2: y }));
        marks.push(draw("line", { class: "tick", x1: x(part.length_accuracy), x2: x(part.length_accuracy), y1: y - 6, y2: y + 6 }));
        marks.push(draw("circle", { class: "dot", ofRun: index, r: 4.5, cx: x(part.accuracy), cy: y }));
      }
    });
  });
  const keys = models.map(({ index, name }) => make("span", { ofRun: index }, make("i", { class: "key" }), name));
  const said = models.flatMap(({ name, parts }) => parts.map((part) => `${name}, ${part.name}: ${percent(part.accuracy)} of ${part.pairs}`));
  return make("figure", { class: "card" },
    make("figcaption", {}, make("h3", {}, `By ${by}`)),
    draw("svg", {
      class: "plot", style: "height:auto;cursor:default", viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `Accuracy by ${by}. ${said.join("; ")}`,
    }, ...marks),
    keys.length > 1 ? make("div", { class: "readout" }, ...keys) : null,
    tableBehind(() => table(`accuracy by ${by}`, [by, "model", "pairs", "right", "95 % interval", "if longer"],
      models.flatMap(({ name, parts }) => parts.map((part) => [part.name, name, String(part.pairs), percent(part.accuracy),
        `${percent(part.accuracy_low)} to ${percent(part.accuracy_high)}`, percent(part.length_accuracy)])))));
}

// Parts by the model's own scores differ between models, so each model has a plot of its own there.
function breakdownsSection(models) {
  const all = models.flatMap(({ name, evaluation }, index) =>
    evaluation.breakdowns.map(({ by, parts }) => ({ by, name, index, parts })));
  const plots = new Map();
  for (const one of all) {
    const own = models.length > 1 && one.by === "score difference";
    const title = own ? `${one.by}, ${one.name}` : one.by;
    plots.set(title, [...(plots.get(title) || []), one]);
  }
  return all.length === 0 ? null : section("breakdowns", "On which pairs it is right",
    make("p", {}, "Accuracy with its 95 % interval on parts of the pairs. The upright tick is what preferring the longer completion reaches there; "
      + "lengths are counted in tokens, a length difference is the chosen less the rejected. Where dots follow the ticks, it judges by length."),
    make("div", { class: "grid plots wide" }, ...[...plots].map(([title, ones]) => breakdownPlot(title, ones))));
}
