const SIGNS = { better: "✓", worse: "✕", unclear: "≈", unknown: "·" };

function factList(facts) {
  return make("dl", { class: "facts" }, ...facts.map((fact) => make("div", {},
    make("dt", {}, fact.label),
    make("dd", {}, make("span", { class: "value" }, fact.value), make("span", { class: "note" }, fact.note)))));
}

function verdictLine(headline) {
  return make("p", { class: `verdict ${headline.verdict}` },
    make("span", { "aria-hidden": "true" }, `${SIGNS[headline.verdict]} `), headline.sentence);
}

function runCard(run, index, view) {
  const box = make("input", {
    type: "checkbox", checked: true, onchange: () => {
      box.checked ? view.hidden.delete(index) : view.hidden.add(index);
      view.redraw();
    },
  });
  const state = run.finished ? `${run.lastStep} steps` : `${run.lastStep} steps, unfinished`;
  const warned = run.warnings.length
    ? make("a", { href: "#health", class: "verdict warn" },
      `! ${run.warnings.length} ${run.warnings.length === 1 ? "warning" : "warnings"}`)
    : null;
  return make("article", { class: "card run", ofRun: index },
    make("div", { class: "name" }, make("h3", {}, run.name),
      make("span", { class: "pill" }, `${run.stage} · ${state}`)),
    verdictLine(run.headline),
    warned,
    factList(run.headline.facts),
    make("label", {}, box, make("i", { class: `key dash-${Math.floor(index / 8) % 3}` }), "in the curves"));
}

function runsSection(runs, view) {
  return section("runs", "Did it work?",
    make("div", { class: "grid runs" }, ...runs.map((run, index) => runCard(run, index, view))));
}

// A text whose options, such as --learning-rate, are never broken at the end of a line.
function withOptions(text) {
  return text.split(/(--[a-z-]+)/).map((part) => (part.startsWith("--") ? make("code", { class: "option" }, part) : part));
}

function healthSection(runs) {
  const warnings = runs.flatMap((run) => run.warnings.map((warning) => make("li", {},
    make("strong", {}, `${run.name}, step ${warning.step}: `), warning.finding, ". ",
    make("span", { class: "soft" }, "What to do: ", ...withOptions(warning.advice), "."))));
  return section("health", "Health", warnings.length
    ? make("ul", { class: "warnings" }, ...warnings)
    : make("p", {}, make("strong", { class: "gain" }, "✓ Nothing to warn of. "),
      "Answers end, rewards differ, entropy, length and KL keep in bounds, updates and gradients are of "
      + "ordinary size, held-out loss doesn't rise, as far as the runs have these."));
}
