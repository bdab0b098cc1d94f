// The projects: how far each is, its guidelines, and what to take out of it.
import { get, post, faultLine, state } from "./api.js";

function bar(done, all) {
  return make("progress", { value: done, max: Math.max(1, all), "aria-label": `${done} of ${all} items have all their answers` });
}

function exports(project) {
  const path = `/api/projects/${encodeURIComponent(project.name)}/export`;
  const link = (form, text) => make("a", { href: `${path}?form=${form}`, download: "" }, text);
  return make("p", { class: "exports" }, "Take out: ", link("comparisons", "comparisons"), ", ",
    link("demonstrations", "demonstrations"), ", ", link("votes", "all votes"));
}

// Whom it is for: nobody ticked is everybody.
function audience(project, users) {
  if (users.length === 0) {
    return null;
  }
  const boxes = users.map((user) => make("label", { class: "tick" },
    make("input", { type: "checkbox", value: user.annotator, checked: project.annotators.includes(user.annotator) }), user.name));
  return make("fieldset", { class: "audience" }, make("legend", {}, "Annotators who may see it; with none ticked, all may"), ...boxes);
}

function settings(project, users, changed) {
  const named = audience(project, users);
  const guidelines = make("textarea", { rows: 8 });
  guidelines.value = project.guidelines;
  const target = make("input", { type: "number", min: 1, max: 1000, value: project.target });
  const told = make("div", { role: "status" });
  const save = async (event) => {
    event.preventDefault();
    try {
      changed(await post(`/api/projects/${encodeURIComponent(project.name)}`, {
        guidelines: guidelines.value, target: Number(target.value),
        ...(named ? { annotators: [
          ...project.annotators.filter((number) => !users.some((user) => user.annotator === number)), // without an account, so without a box
          ...[...named.querySelectorAll(":checked")].map((box) => Number(box.value)),
        ] } : {}),
      }));
      told.replaceChildren(make("p", { class: "gain" }, "Saved."));
    } catch (fault) {
      told.replaceChildren(faultLine(fault));
    }
  };
  return make("details", {}, make("summary", {}, "Settings"),
    make("form", { class: "form", onsubmit: save },
      make("label", {}, "Guidelines, in Markdown", guidelines),
      make("label", {}, "Annotators of each item", target), named,
      make("button", { type: "submit" }, "Save"), told));
}

function share(value) {
  return value === null ? "–" : `${(100 * value).toFixed(0)} %`;
}

// Fetched when it is first opened.
function agreement(project) {
  const details = make("details", {}, make("summary", {}, "Annotators and agreement"));
  details.addEventListener("toggle", async () => {
    if (!details.open || details.children.length > 1) {
      return;
    }
    const place = make("div", {});
    details.append(place);
    try {
      const found = await get(`/api/projects/${encodeURIComponent(project.name)}/agreement`);
      place.append(...agreementOf(found));
    } catch (fault) {
      place.append(faultLine(fault));
    }
  });
  return details;
}

function interval(ends) {
  return ends ? ` (95 % interval ${number(ends.low, 3)} to ${number(ends.high, 3)})` : "";
}

function day(time) {
  return new Date(time).toISOString().slice(0, 10);
}

// In the order in which items were answered; a single part would say what is said already.
function overTime(periods) {
  return periods.length < 2 ? [] : [table("α over time", ["answered", "items", "α of the choice"], periods.map((one) =>
    [day(one.from) === day(one.until) ? day(one.from) : `${day(one.from)} to ${day(one.until)}`, String(one.items), number(one.alphaOfChoice, 3)]))];
}

function agreementOf({ annotators, pairs, alphaOfChoice, alphaOfStrength, intervalOfChoice, intervalOfStrength, shared, periods }) {
  if (annotators.length === 0) {
    return [make("p", { class: "soft" }, "Nobody has answered a pair yet.")];
  }
  const parts = [table("annotators", ["annotator", "pairs", "chose the left", "chose the longer", "median seconds"],
    annotators.map((one) => [one.name, String(one.answers), share(one.left), share(one.longer), number(one.seconds, 3)]))];
  if (shared) {
    parts.push(make("p", {}, `On ${shared} ${shared === 1 ? "item" : "items"} with two answers or more, Krippendorff's α is `
      + `${number(alphaOfChoice, 3)}${interval(intervalOfChoice)} for the choice and ${number(alphaOfStrength, 3)}${interval(intervalOfStrength)} for its strength. 1 is full agreement, 0 is chance.`),
    table("pairs of annotators", ["annotators", "items", "Cohen's κ"],
      pairs.map((pair) => [`${pair.first}, ${pair.second}`, String(pair.items), number(pair.kappa, 3)])), ...overTime(periods));
  } else {
    parts.push(make("p", { class: "soft" }, "No item has two answers, so there is no agreement to measure."));
  }
  return parts;
}

function card(project, users) {
  const { progress } = project;
  const about = make("p", {});
  const tell = ({ items, open, answered, put, left }) => {
    about.textContent = `${(items - open).toLocaleString("en")} of ${items.toLocaleString("en")} items have all their answers. `
      + `You answered ${answered.toLocaleString("en")}${put ? `, put ${put} aside` : ""}; ${left.toLocaleString("en")} left for you.`;
  };
  tell(progress);
  const label = make("a", { class: "action", href: `#/label/${encodeURIComponent(project.name)}` }, progress.left ? "Label" : "Look");
  const circle = state.circle ? make("a", { href: `#/circle/${encodeURIComponent(project.name)}` }, "Reward model") : null;
  return make("article", { class: "card project" },
    make("div", { class: "head" }, make("h3", {}, project.name), make("div", { class: "links" },
      state.role === "annotator" ? null : make("a", { href: `#/review/${encodeURIComponent(project.name)}` }, "Review"), circle, label)),
    bar(progress.items - progress.open, progress.items), about,
    ...(state.role === "annotator" ? [] : [exports(project), agreement(project)]),
    ...(state.role === "admin" ? [settings(project, users, (now) => tell(now.progress))] : []));
}

export async function projectsPage(main) {
  const { projects, store } = await get("/api/projects");
  const users = state.role === "admin" ? (await get("/api/users")).users : [];
  main.append(make("section", { id: "projects", "aria-labelledby": "projects-title" },
    make("h2", { id: "projects-title" }, "Projects"),
    projects.length ? make("div", { class: "grid projects" }, ...projects.map((project) => card(project, users)))
      : store === undefined ? make("p", { class: "empty" }, "There is no project for you yet. An admin of this studio makes one.")
        : make("div", { class: "empty" },
          make("p", {}, `There is no project in ${store} yet. Make one with a file of comparisons, rankings or prompts:`),
          make("pre", { class: "scroll", tabindex: 0 }, make("code", {}, `rlhf studio add --data pairs.jsonl --project first --store ${store}`)))));
}
