function linesOf(runs, group, metric) {
  return runs
    .map((run, index) => ({ run: index, name: run.name, x: run.series.steps, y: run.series.values[metric], group: run.group }))
    .filter((line) => line.group === group && line.y && line.y.some((value) => value !== null));
}

function metricsOf(runs, group) {
  const present = new Set(runs.filter((run) => run.group === group)
    .flatMap((run) => Object.keys(run.series.values)));
  const known = Object.keys(METRICS).filter((name) => present.has(name));
  return [...known, ...[...present].filter((name) => !METRICS[name])];
}

function plot(view, runs, group, metric) {
  const [title, help] = METRICS[metric] || [metric, ""];
  return new Chart(view, { title, help, source: () => linesOf(runs, group, metric) }).element;
}

function curveGroup(group, runs, view) {
  const metrics = metricsOf(runs, group)
    .filter((metric) => linesOf(runs, group, metric).length > 0);
  if (metrics.length === 0) {
    return null;
  }
  const first = metrics.slice(0, SHOWN_AT_ONCE).map((metric) => plot(view, runs, group, metric));
  const rest = metrics.slice(SHOWN_AT_ONCE);
  const more = make("details", { class: "more" }, make("summary", {}, `${rest.length} more ${rest.length === 1 ? "curve" : "curves"}`));
  more.addEventListener("toggle", () => {
    if (more.open && more.children.length === 1) {
      more.append(make("div", { class: "grid plots" },
        ...rest.map((metric) => plot(view, runs, group, metric))));
    }
  });
  return make("div", { class: "group" },
    make("h3", { class: "group-title" }, group),
    make("div", { class: "grid plots" }, ...first), rest.length ? more : null);
}

function thinning(run) {
  return run.series.extremes
    ? `${run.name}: of each ${run.series.every} steps the least and the greatest value are drawn.`
    : `${run.name}: a point is the mean of ${run.series.every} steps.`;
}

function curvesSection(runs, groups, views) {
  const reset = make("button", { type: "button", disabled: true, onclick: () => views.forEach((view) => view.zoom(null)) }, "Show all steps");
  views.forEach((view) => {
    view.zoomed = () => { reset.disabled = views.every((one) => one.range === null); };
  });
  const slider = make("input", {
    type: "range", min: 0, max: 0.95, step: 0.05, value: 0, oninput: () => views.forEach((view) => {
      view.smoothing = Number(slider.value);
      view.redraw();
    }),
  });
  const thinned = runs.filter((run) => run.series.every > 1).map(thinning);
  return section("curves", "Curves",
    make("p", {}, "Drag over a plot to zoom, double-click to see all of it again; with the keyboard: arrows, plus, minus, Escape. ",
      thinned.join(" ")),
    make("div", { class: "controls" }, labelled("Smoothing", slider), reset),
    ...groups.map((group, i) => curveGroup(group, runs, views[i])));
}
