// The Wilson interval at 95 %, as the evaluation has it.
function wilson(share, n) {
  const z = 1.959964;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [(centre - half) / (1 + (z * z) / n), (centre + half) / (1 + (z * z) / n)];
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}

function calibrationPlot(run, index) {
  const width = 420;
  const height = 240;
  const x = (share) => 50 + ((share - 0.5) / 0.5) * (width - 80);
  const y = (share) => 10 + (1 - share) * (height - 45);
  const bins = run.evaluation.calibration.filter((bin) => bin.pairs > 0);
  const most = Math.max(...bins.map((bin) => bin.pairs));
  const parts = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(draw("line", { class: "gridline", x1: 50, x2: width - 30, y1: y(share), y2: y(share) }));
    parts.push(draw("text", { x: 44, y: y(share) + 4, "text-anchor": "end" }, percent(share)));
  }
  for (const share of [0.5, 0.6, 0.7, 0.8, 0.9, 1]) {
    parts.push(draw("text", { x: x(share), y: height - 18, "text-anchor": "middle" }, percent(share)));
  }
  parts.push(draw("text", { x: width / 2, y: height - 3, "text-anchor": "middle" }, "how sure the model is"));
  parts.push(draw("path", { class: "ideal", d: `M${x(0.5)},${y(0.5)}L${x(1)},${y(1)}` }));
  for (const bin of bins) {
    const tall = (bin.pairs / most) * 60;
    parts.push(draw("rect", {
      class: "amount", ofRun: index, x: x(bin.low) + 2, width: x(bin.high) - x(bin.low) - 4, y: y(0) - tall, height: tall,
    }));
    const [low, high] = wilson(bin.observed, bin.pairs);
    parts.push(draw("line", { class: "interval", ofRun: index, x1: x(bin.predicted), x2: x(bin.predicted), y1: y(low), y2: y(high) }));
    parts.push(draw("circle", { class: "dot", ofRun: index, r: 5, cx: x(bin.predicted), cy: y(bin.observed) }));
  }
  const said = bins.map((bin) => `${percent(bin.predicted)} sure, ${percent(bin.observed)} right of ${bin.pairs} pairs`);
  return make("figure", { class: "card" },
    make("figcaption", {}, make("h3", {}, run.name)),
    draw("svg", {
      class: "plot", style: "height:auto;cursor:default", viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `Calibration of ${run.name}: ${said.join("; ")}`,
    }, ...parts),
    tableBehind(() => table(`calibration of ${run.name}`, ["how sure", "pairs", "predicted", "right", "95 % interval"],
      run.evaluation.calibration.map((bin) => [
        `${percent(bin.low)} to ${percent(bin.high)}`, String(bin.pairs),
        bin.pairs ? percent(bin.predicted) : "–", bin.pairs ? percent(bin.observed) : "–",
        bin.pairs ? wilson(bin.observed, bin.pairs).map(percent).join(" to ") : "–"]))));
}

function calibrationSection(runs) {
  const plots = runs.map((run, index) => (run.evaluation.calibration.length ? calibrationPlot(run, index) : null))
    .filter((element) => element);
  return plots.length === 0 ? null : section("calibration", "Calibration of the reward model",
    make("p", {}, "How often the model is right, against how sure it is, on held-out pairs. On the dashed line it is as sure as it should be; "
      + "below, too sure. Bars: how many pairs."),
    make("div", { class: "grid plots wide" }, ...plots));
}
