// Runs while they learn. The curves come as a stream and grow in place; what else the report shows of a run is
// fetched when something of it has changed. All of it is drawn by the report's own scripts.
import { announce, faultLine, get, post, state as visitor } from "./api.js";

const RETRY = 2000;
const REDRAW = 400;

function emptyRun({ id, stage, group, state }) {
  return {
    id, name: id, stage, group, state, finished: state === "finished", lastStep: 0, damaged: 0,
    series: { every: 1, steps: [], values: {} },
    warnings: [], samples: [], rollouts: [], settings: {}, evaluation: { calibration: [], breakdowns: [], most_wrong: [] }, completions: 0, headline: null,
  };
}

// Appends steps to curves; a metric that is new has no value before.
function append(series, { steps, values }) {
  const before = series.steps.length;
  series.steps.push(...steps);
  for (const name of new Set([...Object.keys(series.values), ...Object.keys(values)])) {
    series.values[name] ||= new Array(before).fill(null);
    series.values[name].push(...(values[name] || new Array(steps.length).fill(null)));
  }
}

export class LiveRuns {
  constructor(place, chosen) {
    this.runs = chosen.map(emptyRun);
    this.last = "";
    this.closed = false;
    this.stale = new Set(chosen.keys());
    this.begun = new Set(); // runs whose curves were sent
    this.status = make("span", { class: "pill state", role: "status" }, "connecting");
    this.cards = make("div", { class: "grid runs" });
    this.curves = make("div", {});
    this.rest = make("div", {});
    place.replaceChildren(
      make("section", { "aria-labelledby": "live-title" },
        make("div", { class: "head" }, make("h2", { id: "live-title" }, "Did it work?"), this.status), this.cards),
      this.curves, this.rest);
    this.hidden = new Set();
    this.views = [];
    // The curves come first: a long run takes as long again to be read for the rest.
    this.reading = new Promise((done) => { this.readRest = done; }).then(() => this.readStale());
    this.connect();
  }

  close() {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.timer);
    clearTimeout(this.retry);
  }

  connect() {
    const asked = this.runs.map((run) => `run=${encodeURIComponent(run.id)}`).join("&");
    this.source = new EventSource(`/api/runs/watch?${asked}&from=${encodeURIComponent(this.last)}`);
    const on = (name, take) => this.source.addEventListener(name, (event) => {
      this.last = event.lastEventId;
      const data = JSON.parse(event.data);
      const run = this.runs[data.run];
      Object.assign(run, { lastStep: data.lastStep, damaged: data.damaged });
      take(run, data);
      this.later();
    });
    on("series", (run, { every, extremes, steps, values }) => { run.series = { every, extremes, steps, values }; });
    on("steps", (run, data) => append(run.series, data));
    on("samples", (run, data) => this.readSoon(data.run));
    on("state", (run, data) => {
      this.begun.add(data.run);
      const ended = run.state !== data.state;
      Object.assign(run, { state: data.state, finished: data.state === "finished" });
      if (ended) {
        this.readSoon(data.run);
      }
    });
    this.source.onopen = () => this.tell("live", "running");
    this.source.onerror = () => {
      this.tell("connection lost, trying again", "stopped");
      this.readRest();
      if (this.source.readyState === EventSource.CLOSED && !this.closed) {
        this.retry = setTimeout(() => this.connect(), RETRY);
      }
    };
  }

  tell(text, kind) {
    if (this.status.textContent !== text) {
      this.status.textContent = text;
      this.status.className = `pill state ${kind}`;
    }
  }

  // Draws a little later, once for all that comes until then.
  later() {
    if (!this.timer) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.draw();
      }, this.drawn ? REDRAW : 0);
    }
  }

  draw() {
    const kinds = JSON.stringify(this.runs.map((run) => [run.group, Object.keys(run.series.values)]));
    if (this.drawn !== kinds) {
      this.drawn = kinds;
      this.drawCurves();
    } else {
      this.views.forEach((view) => view.refresh());
    }
    this.drawCards();
    document.documentElement.dataset.live = String(Math.max(0, ...this.runs.map((run) => run.lastStep)));
    if (this.begun.size === this.runs.length) {
      this.readRest();
    }
  }

  drawCurves() {
    const groups = [...new Set(this.runs.map((run) => run.group))];
    const range = this.views[0]?.range ?? null;
    const smoothing = this.views[0]?.smoothing ?? 0;
    this.views = groups.map(() => Object.assign(new View(), { hidden: this.hidden, range, smoothing }));
    this.curves.replaceChildren(curvesSection(this.runs, groups, this.views));
  }

  drawCards() {
    const redraw = { hidden: this.hidden, redraw: () => this.views.forEach((view) => view.redraw()) };
    this.boxes ||= this.runs.map((run, i) => {
      const box = make("input", { type: "checkbox", checked: true, onchange: () => {
        box.checked ? this.hidden.delete(i) : this.hidden.add(i);
        redraw.redraw();
      } });
      const about = make("div", { class: "about" });
      const state = make("span", {});
      const stop = this.stopButton(run);
      this.cards.append(make("article", { class: "card run", ofRun: i },
        make("div", { class: "name" }, make("h3", {}, run.name), state), about, stop,
        make("label", {}, box, make("i", { class: `key dash-${Math.floor(i / 8) % 3}` }), "in the curves")));
      return { about, state, stop };
    });
    this.runs.forEach((run, i) => {
      const { about, state, stop } = this.boxes[i];
      stop.hidden = run.state !== "running" || visitor.role !== "admin";
      state.className = `pill state ${run.state}`;
      state.textContent = `${run.stage} · step ${run.lastStep.toLocaleString("en")} · ${run.state}`;
      if (about.headline !== run.headline || about.damaged !== run.damaged || about.fault !== run.fault) {
        Object.assign(about, { headline: run.headline, damaged: run.damaged, fault: run.fault });
        about.replaceChildren(...this.about(run));
      }
    });
  }

  // Asks the run to end in its step or after it, with its finished steps kept; asked twice, so that no slip ends a night's work.
  stopButton(run) {
    const place = make("div", { class: "buttons", hidden: true });
    const ask = make("button", { type: "button", onclick: () => {
      place.replaceChildren(sure, keep);
      sure.focus();
    } }, "Stop…");
    const sure = make("button", { type: "button", onclick: async () => {
      try {
        await post("/api/runs/stop", { run: run.id });
        const told = make("p", { class: "soft", tabindex: -1 }, "It ends in its step or after it, and keeps its finished steps; --resume goes on.");
        place.replaceChildren(told);
        told.focus();
        announce(`${run.name} is asked to stop.`);
      } catch (fault) {
        place.replaceChildren(faultLine(fault), ask);
        ask.focus();
      }
    } }, "Stop it");
    const keep = make("button", { type: "button", onclick: () => {
      place.replaceChildren(ask);
      ask.focus();
    } }, "Let it run");
    place.append(ask);
    return place;
  }

  about(run) {
    const parts = [];
    if (run.headline) {
      parts.push(verdictLine(run.headline));
      if (run.warnings.length) {
        parts.push(make("p", {}, `${run.warnings.length} ${run.warnings.length === 1 ? "warning" : "warnings"}, under Health.`));
      }
      parts.push(factList(run.headline.facts));
    }
    if (run.damaged) {
      parts.push(make("p", { class: "verdict warn" }, `${run.damaged} ${run.damaged === 1 ? "line" : "lines"} of metrics.jsonl can't be read.`));
    }
    if (run.fault) {
      parts.push(make("p", { class: "verdict warn" }, run.fault));
    }
    return parts.length ? parts : [make("p", { class: "soft" }, "Being read.")];
  }

  readSoon(i) {
    this.stale.add(i);
    this.reading = this.reading.then(() => this.readStale());
  }

  // What the report has beside the curves, one run after the other.
  async readStale() {
    const indices = [...this.stale];
    this.stale.clear();
    for (const i of indices) {
      if (this.closed) {
        return;
      }
      const run = this.runs[i];
      try {
        const { runs: [read] } = await get(`/api/runs/report?run=${encodeURIComponent(run.id)}`);
        const { headline, warnings, samples, rollouts, settings, evaluation, completions } = read;
        Object.assign(run, { headline, warnings, samples, rollouts, settings, evaluation, completions, fault: null });
      } catch (fault) {
        run.fault = fault.message;
      }
    }
    if (indices.length && !this.closed) {
      this.drawCards();
      this.drawRest();
    }
  }

  drawRest() {
    if (this.rest.contains(document.activeElement)) {
      this.rest.addEventListener("focusout", () => setTimeout(() => this.drawRest()), { once: true });
      return; // nobody loses what they are reading
    }
    this.rest.replaceChildren(...[healthSection, calibrationSection, breakdownsSection, mistakesSection,
      samplesSection, tokensSection, settingsSection].map((part) => part(this.runs)).filter((part) => part !== null));
  }
}
