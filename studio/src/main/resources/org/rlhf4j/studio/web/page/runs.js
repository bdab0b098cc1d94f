// The runs below the folder: a list to choose from, and the chosen ones drawn over each other.
import { get } from "./api.js";
import { LiveRuns } from "./live.js";

const LOOK_AGAIN = 5000;
const AT_FIRST = 4;

function byTime(a, b) {
  return b.changed - a.changed;
}

// Those that run, else the newest.
function suggested(runs) {
  const running = runs.filter((run) => run.state === "running");
  return (running.length ? running : [...runs].sort(byTime)).slice(0, AT_FIRST).map((run) => run.id);
}

function ago(time) {
  const seconds = Math.max(0, (Date.now() - time) / 1000);
  const [size, name] = seconds < 90 ? [1, "second"] : seconds < 5400 ? [60, "minute"] : seconds < 130000 ? [3600, "hour"] : [86400, "day"];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"} ago`;
}

class RunList {
  constructor(chosen, change) {
    this.chosen = chosen;
    this.change = change;
    this.filter = make("input", { type: "search", oninput: () => this.draw() });
    this.list = make("ul", { class: "choices" });
    this.note = make("p", { class: "soft", role: "status" });
    this.element = make("fieldset", {}, make("legend", {}, "Chosen runs are drawn over each other."),
      make("div", { class: "controls" }, labelled("Filter", this.filter)), this.list, this.note);
    this.runs = [];
    this.rows = new Map();
  }

  take({ folder, runs }) {
    this.folder = folder;
    this.runs = runs.sort(byTime);
    this.draw();
  }

  draw() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter((word) => word);
    const shown = this.runs.filter((run) => {
      const text = `${run.id} ${run.stage} ${run.state}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const rows = shown.map((run) => this.row(run));
    if (rows.length !== this.list.children.length || rows.some((row, i) => row !== this.list.children[i])) {
      const focused = document.activeElement;
      this.list.replaceChildren(...rows);
      if (this.list.contains(focused)) {
        focused.focus();
      }
    }
    this.note.textContent = this.runs.length === 0
      ? `There is no run in ${this.folder} yet. It is looked for again every few seconds.`
      : shown.length < this.runs.length ? `${shown.length} of ${this.runs.length} runs` : "";
  }

  row(run) {
    if (!this.rows.has(run.id)) {
      const box = make("input", { type: "checkbox", checked: this.chosen.includes(run.id), onchange: () => this.toggle(run.id, box.checked) });
      const about = make("span", { class: "soft" });
      const pill = make("span", {});
      const item = make("li", {}, make("label", {}, box, make("span", { class: "id" }, run.id), pill, about));
      this.rows.set(run.id, { item, about, pill });
    }
    const row = this.rows.get(run.id);
    row.pill.className = `pill state ${run.state}`;
    row.pill.textContent = run.state;
    row.about.textContent = `${run.stage}, last step ${ago(run.changed)}${run.fault ? `; ${run.fault}` : ""}`;
    return row.item;
  }

  toggle(id, on) {
    this.chosen = on ? [...this.chosen, id] : this.chosen.filter((other) => other !== id);
    this.change(this.chosen.map((one) => this.runs.find((run) => run.id === one)).filter((run) => run));
  }
}

export async function runsPage(main, rest, query) {
  const answer = await get("/api/runs");
  const asked = query.getAll("run").filter((id) => answer.runs.some((run) => run.id === id));
  const chosen = asked.length ? asked : suggested(answer.runs);
  const place = make("div", {});
  let live = null;
  const draw = (runs) => {
    live?.close();
    live = runs.length ? new LiveRuns(place, runs) : null;
    if (!live) {
      place.replaceChildren();
    }
  };
  const list = new RunList(chosen, (runs) => {
    const parts = runs.map((run) => `run=${encodeURIComponent(run.id)}`).join("&");
    history.replaceState(null, "", `#/runs${parts ? `?${parts}` : ""}`);
    draw(runs);
  });
  list.take(answer);
  main.append(make("section", { id: "list", "aria-labelledby": "list-title" },
    make("h2", { id: "list-title" }, "Runs"), list.element), place);
  draw(chosen.map((id) => answer.runs.find((run) => run.id === id)));
  const again = setInterval(async () => {
    try {
      list.take(await get("/api/runs"));
    } catch {
      // the stream says when the studio can't be reached
    }
  }, LOOK_AGAIN);
  return () => {
    clearInterval(again);
    live?.close();
  };
}
