const { models, comparison } = JSON.parse(document.getElementById("data").textContent);

const sections = [
  verdictSection(models), comparisonSection(models, comparison), calibrationSection(models), marginsSection(models),
  breakdownsSection(models), mistakesSection(models),
].filter((element) => element !== null);
const links = { verdict: "Verdict", comparison: "Comparison", calibration: "Calibration", margins: "Margins", breakdowns: "Breakdowns", mistakes: "Mistakes" };
document.getElementById("main").append(...sections);
document.getElementById("sections").append(...sections.map((element) => make("a", { href: `#${element.id}` }, links[element.id])));
document.title = `${models.map((model) => model.name).join(", ")} · rlhf4j reward model`;
if (location.hash) {
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
document.documentElement.dataset.ready = "true";
