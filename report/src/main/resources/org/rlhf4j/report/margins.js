// How far apart the model scores the two sides: bars left of 0 are pairs that it orders wrong.
function marginsPlot(model, index) {
  const width = 420;
  const height = 220;
  const bins = model.evaluation.margins;
  const low = bins[0].low;
  const high = bins.at(-1).high;
  const most = Math.max(...bins.map((bin) => bin.pairs));
  const x = (value) => 50 + ((value - low) / (high - low)) * (width - 80);
  const y = (pairs) => 10 + (1 - pairs / most) * (height - 50);
  const parts = [];
  for (const pairs of [...new Set([0, Math.round(most / 2), most])]) {
    parts.push(draw("line", { class: "gridline", x1: 50, x2: width - 30, y1: y(pairs), y2: y(pairs) }));
    parts.push(draw("text", { x: 44, y: y(pairs) + 4, "text-anchor": "end" }, String(pairs)));
  }
  for (const bin of bins) {
    parts.push(draw("rect", {
      class: bin.high <= 0 ? "wrong" : "bar", ofRun: index,
      x: x(bin.low) + 1, width: x(bin.high) - x(bin.low) - 2, y: y(bin.pairs), height: y(0) - y(bin.pairs),
    }));
  }
  for (const value of [low, low / 2, 0, high / 2, high]) {
    parts.push(draw("text", { x: x(value), y: height - 22, "text-anchor": "middle" }, number(value, 2)));
  }
  parts.push(draw("line", { class: "cursor", x1: x(0), x2: x(0), y1: 10, y2: y(0) }));
  parts.push(draw("text", { x: width / 2, y: height - 5, "text-anchor": "middle" }, "score of the chosen less that of the rejected"));
  const wrong = bins.filter((bin) => bin.high <= 0).reduce((sum, bin) => sum + bin.pairs, 0);
  return make("figure", { class: "card" },
    make("figcaption", {}, make("h3", {}, model.name)),
    draw("svg", {
      class: "plot", style: "height:auto;cursor:default", viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `Score differences of ${model.name}: from ${number(low, 2)} to ${number(high, 2)}, ${wrong} pairs below 0`,
    }, ...parts),
    tableBehind(() => table(`score differences of ${model.name}`, ["difference", "pairs"],
      bins.map((bin) => [`${number(bin.low, 3)} to ${number(bin.high, 3)}`, String(bin.pairs)]))));
}

function marginsSection(models) {
  const plots = models.map((model, index) => (model.evaluation.margins.length > 1 ? marginsPlot(model, index) : null))
    .filter((element) => element);
  return plots.length === 0 ? null : section("margins", "Margins",
    make("p", {}, "How far apart the scores of the two sides are. A pair left of 0 is ordered wrong."),
    make("div", { class: "grid plots wide" }, ...plots));
}
