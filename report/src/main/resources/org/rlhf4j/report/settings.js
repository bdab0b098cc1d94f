function settingsSection(runs) {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))];
  if (names.length === 0) {
    return null;
  }
  const body = make("div", { class: "scroll card", tabindex: 0, role: "group", "aria-label": "Settings of the runs", style: "max-height: 40rem" });
  const differs = (name) => new Set(runs.map((run) => run.settings[name])).size > 1;
  const box = make("input", { type: "checkbox", onchange: () => show() });
  const show = () => {
    const rows = names.filter((name) => !box.checked || differs(name)).map((name) =>
      make("tr", {}, make("th", { scope: "row", class: "mono" }, name),
        ...runs.map((run) => make("td", {}, run.settings[name] ?? "–"))));
    body.replaceChildren(make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "setting"), ...runs.map((run) => make("th", { scope: "col" }, run.name)))),
      make("tbody", {}, ...rows)));
  };
  show();
  return section("settings", "Settings",
    runs.length > 1 ? make("div", { class: "controls" }, make("label", {}, box, "only what differs")) : null,
    make("div", { style: "margin-top: 1rem" }, body));
}
