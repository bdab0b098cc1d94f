const { runs, groups } = JSON.parse(document.getElementById("data").textContent);

function shared(views) {
  return {
    hidden: { add: (run) => views.forEach((view) => view.hidden.add(run)), delete: (run) => views.forEach((view) => view.hidden.delete(run)) },
    redraw: () => views.forEach((view) => view.redraw()),
  };
}

const views = groups.map(() => new View());
const sections = [
  runsSection(runs, shared(views)), healthSection(runs), curvesSection(runs, groups, views), calibrationSection(runs),
  breakdownsSection(runs), mistakesSection(runs),
  samplesSection(runs), tokensSection(runs), settingsSection(runs),
].filter((element) => element !== null);
document.getElementById("main").append(...sections);
const links = { runs: "Runs", health: "Health", curves: "Curves", calibration: "Calibration", breakdowns: "Breakdowns", mistakes: "Mistakes", samples: "Samples", tokens: "Tokens", settings: "Settings" };
document.getElementById("sections").append(...sections.map((element) => make("a", { href: `#${element.id}` }, links[element.id])));
document.title = `${runs.map((run) => run.name).join(", ")} · rlhf4j report`;
if (location.hash) {
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
document.documentElement.dataset.ready = "true";
