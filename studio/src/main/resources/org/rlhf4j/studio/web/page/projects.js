// The projects: how far each is, its guidelines, and what to take out of it.
import { get, post, faultLine } from "./api.js";

function bar(done, all) {
  return make("progress", { value: done, max: Math.max(1, all), "aria-label": `${done} of ${all} items have all their answers` });
}

function exports(project) {
  const path = `/api/projects/${encodeURIComponent(project.name)}/export`;
  const link = (form, text) => make("a", { href: `${path}?form=${form}`, download: "" }, text);
  return make("p", { class: "exports" }, "Take out: ", link("comparisons", "comparisons"), ", ",
    link("demonstrations", "demonstrations"), ", ", link("votes", "all votes"));
}

function settings(project, changed) {
  const guidelines = make("textarea", { rows: 8 });
  guidelines.value = project.guidelines;
  const target = make("input", { type: "number", min: 1, max: 1000, value: project.target });
  const told = make("div", { role: "status" });
  const save = async (event) => {
    event.preventDefault();
    try {
      changed(await post(`/api/projects/${encodeURIComponent(project.name)}`, { guidelines: guidelines.value, target: Number(target.value) }));
      told.replaceChildren(make("p", { class: "gain" }, "Saved."));
    } catch (fault) {
      told.replaceChildren(faultLine(fault));
    }
  };
  return make("details", {}, make("summary", {}, "Settings"),
    make("form", { class: "form", onsubmit: save },
      make("label", {}, "Guidelines, in Markdown", guidelines),
      make("label", {}, "Annotators of each item", target),
      make("button", { type: "submit" }, "Save"), told));
}

function card(project) {
  const { progress } = project;
  const about = make("p", {});
  const tell = ({ items, open, answered, put, left }) => {
    about.textContent = `${(items - open).toLocaleString("en")} of ${items.toLocaleString("en")} items have all their answers. `
      + `You answered ${answered.toLocaleString("en")}${put ? `, put ${put} aside` : ""}; ${left.toLocaleString("en")} left for you.`;
  };
  tell(progress);
  const label = make("a", { class: "action", href: `#/label/${encodeURIComponent(project.name)}` }, progress.left ? "Label" : "Look");
  return make("article", { class: "card project" },
    make("div", { class: "head" }, make("h3", {}, project.name), label),
    bar(progress.items - progress.open, progress.items), about, exports(project),
    settings(project, (now) => tell(now.progress)));
}

export async function projectsPage(main) {
  const { projects, store } = await get("/api/projects");
  main.append(make("section", { id: "projects", "aria-labelledby": "projects-title" },
    make("h2", { id: "projects-title" }, "Projects"),
    projects.length ? make("div", { class: "grid projects" }, ...projects.map(card))
      : make("div", { class: "empty" },
        make("p", {}, `There is no project in ${store} yet. Make one with a file of comparisons, rankings or prompts:`),
        make("pre", { class: "scroll", tabindex: 0 }, make("code", {}, `rlhf studio add --data pairs.jsonl --project first --store ${store}`)))));
}
