// A line chart. All charts of a view share the zoom and the cursor.
class View {
  constructor() {
    this.charts = [];
    this.range = null; // [from, to] of x, null: all of it
    this.smoothing = 0;
    this.hidden = new Set();
    this.zoomed = () => {};
  }

  zoom(range) {
    this.range = range;
    this.zoomed();
    this.redraw();
  }

  redraw() {
    this.charts.forEach((chart) => chart.redraw());
  }

  point(x) {
    this.charts.forEach((chart) => chart.point(x));
  }

  // Draws the curves anew after their runs have grown.
  refresh() {
    this.charts.forEach((chart) => chart.refresh());
  }
}

const PLOT = { height: 200, left: 52, right: 10, top: 8, bottom: 22 };

function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    found.push(i * step);
  }
  return found;
}

// An exponential mean that isn't pulled to 0 at its beginning.
function smooth(values, weight) {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    if (value === null) {
      return null;
    }
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

class Chart {
  static count = 0;

  // lines: [{name, run, x, y}], y null where there is no value
  // source: gives the lines anew where they may grow
  constructor(view, { title, help, lines, source = () => lines, xName = "step" }) {
    this.view = view;
    this.title = title;
    this.source = source;
    this.all = source();
    this.xName = xName;
    this.at = null;
    this.clip = `clip-${Chart.count++}`;
    this.readout = make("div", { class: "readout" });
    this.svg = draw("svg", { class: "plot", role: "img", tabindex: 0, "aria-label": this.summary() });
    this.element = make("figure", { class: "card" },
      make("figcaption", {}, make("h3", {}, title)),
      help ? make("p", { class: "help" }, help) : null,
      this.svg, this.readout,
      tableBehind(() => this.table()));
    this.listen();
    view.charts.push(this);
    new ResizeObserver(() => this.redraw()).observe(this.svg);
  }

  refresh() {
    this.all = this.source();
    this.svg.setAttribute("aria-label", this.summary());
    this.redraw();
  }

  summary() {
    const parts = this.all.map((line) => {
      const values = line.y.filter((value) => value !== null);
      if (values.length === 0) {
        return `${line.name}: no values`;
      }
      return `${line.name}: from ${number(values[0])} to ${number(values[values.length - 1])}, `
        + `least ${number(Math.min(...values))}, most ${number(Math.max(...values))}`;
    });
    return `${this.title} by ${this.xName}. ${parts.join(". ")}. Arrow keys move the cursor, plus and minus zoom.`;
  }

  table() {
    const steps = [...new Set(this.all.flatMap((line) => line.x))].sort((a, b) => a - b);
    const every = Math.max(1, Math.ceil(steps.length / 200));
    const shown = steps.filter((_, i) => i % every === 0 || i === steps.length - 1);
    const rows = shown.map((x) =>
      [String(x), ...this.all.map((line) => number(line.y[line.x.indexOf(x)]))]);
    return table(this.title, [this.xName, ...this.all.map((line) => line.name)], rows);
  }

  get lines() {
    return this.all.filter((line) => !this.view.hidden.has(line.run));
  }

  extent() {
    const xs = this.lines.flatMap((line) => [line.x[0], line.x[line.x.length - 1]]);
    const whole = xs.length ? [Math.min(...xs), Math.max(...xs)] : [0, 1];
    return whole[0] === whole[1] ? [whole[0] - 1, whole[1] + 1] : whole;
  }

  scales() {
    const [from, to] = this.view.range || this.extent();
    let low = Infinity;
    let high = -Infinity;
    for (const line of this.lines) {
      line.x.forEach((x, i) => {
        const y = line.y[i];
        if (y !== null && x >= from && x <= to) {
          low = Math.min(low, y);
          high = Math.max(high, y);
        }
      });
    }
    if (low > high) {
      [low, high] = [0, 1];
    }
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 0.1;
    [low, high] = [low - room, high + room];
    const width = Math.max(120, this.svg.clientWidth || 400);
    const w = width - PLOT.left - PLOT.right;
    const h = PLOT.height - PLOT.top - PLOT.bottom;
    return {
      width, from, to, low, high,
      x: (value) => PLOT.left + ((value - from) / (to - from)) * w,
      y: (value) => PLOT.top + h - ((value - low) / (high - low)) * h,
      back: (pixel) => from + ((pixel - PLOT.left) / w) * (to - from),
    };
  }

  redraw() {
    const s = this.scale = this.scales();
    const bottom = PLOT.height - PLOT.bottom;
    this.svg.setAttribute("viewBox", `0 0 ${s.width} ${PLOT.height}`);
    const parts = [];
    for (const y of ticks(s.low, s.high, 4)) {
      parts.push(draw("line", { class: "gridline", x1: PLOT.left, x2: s.width - PLOT.right, y1: s.y(y), y2: s.y(y) }));
      parts.push(draw("text", { x: PLOT.left - 6, y: s.y(y) + 4, "text-anchor": "end" }, number(y)));
    }
    for (const x of ticks(s.from, s.to, Math.min(6, s.width / 70)).filter(Number.isInteger)) {
      const label = number(x, 7);
      const beyond = label.length > 2 && s.x(x) > s.width - PLOT.right - 4; // half of it would be cut
      const at = beyond ? { x: s.width, "text-anchor": "end" } : { x: s.x(x), "text-anchor": "middle" };
      parts.push(draw("text", { ...at, y: PLOT.height - 5 }, label));
    }
    parts.push(draw("text", { x: PLOT.left - 6, y: PLOT.height - 5, "text-anchor": "end" }, this.xName));
    parts.push(draw("clipPath", { id: this.clip },
      draw("rect", { x: PLOT.left - 4, y: 0, width: s.width - PLOT.left - PLOT.right + 8, height: bottom })));
    const curves = draw("g", { "clip-path": `url(#${this.clip})` });
    for (const line of this.lines) {
      const dash = `dash-${Math.floor(line.run / 8) % 3}`;
      if (this.view.smoothing > 0) {
        curves.append(draw("path", { class: `curve raw ${dash}`, ofRun: line.run, d: this.path(line.x, line.y) }));
      }
      curves.append(draw("path", { class: `curve ${dash}`, ofRun: line.run, d: this.path(line.x, this.shown(line)) }));
      if (line.y.filter((value) => value !== null).length <= 12) {
        line.x.forEach((x, i) => {
          if (line.y[i] !== null) {
            curves.append(draw("circle", { class: "dot", ofRun: line.run, r: 2.5, cx: s.x(x), cy: s.y(this.shown(line)[i]) }));
          }
        });
      }
    }
    this.mark = draw("g");
    this.brush = draw("rect", { class: "brush", y: PLOT.top, height: bottom - PLOT.top, width: 0, x: 0 });
    this.svg.replaceChildren(...parts, curves, this.brush, this.mark);
    this.point(this.at);
  }

  shown(line) {
    return smooth(line.y, this.view.smoothing);
  }

  path(xs, ys) {
    const points = [];
    xs.forEach((x, i) => {
      if (ys[i] !== null) {
        points.push(`${this.scale.x(x).toFixed(1)},${this.scale.y(ys[i]).toFixed(1)}`);
      }
    });
    return points.length ? `M${points.join("L")}` : "";
  }

  // Shows the values at x, or where x is null the last ones.
  point(x) {
    this.at = x;
    if (!this.scale) {
      return;
    }
    const s = this.scale;
    const marks = [];
    const texts = [];
    let where = null;
    for (const line of this.lines) {
      const i = this.nearest(line, x === null ? Infinity : x);
      if (i >= 0) {
        where = line.x[i];
        const y = this.shown(line)[i];
        texts.push(make("span", { ofRun: line.run },
          make("i", { class: `key dash-${Math.floor(line.run / 8) % 3}` }), `${line.name} ${number(line.y[i])}`));
        if (x !== null && where >= s.from && where <= s.to) {
          marks.push(draw("circle", { class: "dot", ofRun: line.run, r: 4, cx: s.x(where), cy: s.y(y) }));
        }
      }
    }
    if (x !== null && marks.length) {
      const at = s.x(Math.max(s.from, Math.min(s.to, x)));
      marks.unshift(draw("line", { class: "cursor", x1: at, x2: at, y1: PLOT.top, y2: PLOT.height - PLOT.bottom }));
    }
    const head = x === null || where === null ? "last" : `${this.xName} ${number(Math.round(x), 7)}`;
    this.readout.replaceChildren(make("span", { class: "soft" }, head), ...texts);
    this.mark.replaceChildren(...marks);
  }

  nearest(line, x) {
    let best = -1;
    for (let i = 0; i < line.x.length; i++) {
      if (line.y[i] !== null && (best < 0 || Math.abs(line.x[i] - x) <= Math.abs(line.x[best] - x))) {
        best = i;
      }
    }
    return best;
  }

  pixel(event) {
    const box = this.svg.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.scale.width;
  }

  listen() {
    let start = null;
    this.svg.addEventListener("pointerdown", (event) => {
      start = this.pixel(event);
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => {
      const now = this.pixel(event);
      this.view.point(Math.max(this.scale.from, Math.min(this.scale.to, this.scale.back(now))));
      if (start !== null) {
        this.brush.setAttribute("x", Math.min(start, now));
        this.brush.setAttribute("width", Math.abs(now - start));
      }
    });
    this.svg.addEventListener("pointerup", (event) => {
      const now = this.pixel(event);
      if (start !== null && Math.abs(now - start) > 8) {
        const ends = [this.scale.back(Math.min(start, now)), this.scale.back(Math.max(start, now))];
        this.view.zoom([Math.max(ends[0], this.scale.from), Math.min(ends[1], this.scale.to)]);
      }
      start = null;
    });
    this.svg.addEventListener("pointercancel", () => { start = null; });
    this.svg.addEventListener("pointerleave", () => this.view.point(null));
    this.svg.addEventListener("dblclick", () => this.view.zoom(null));
    this.svg.addEventListener("blur", () => this.view.point(null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const { from, to } = this.scale;
    const at = this.at === null ? to : this.at;
    const step = event.shiftKey ? (to - from) / 10 : 1;
    const actions = {
      ArrowLeft: () => this.view.point(Math.max(from, at - step)),
      ArrowRight: () => this.view.point(Math.min(to, at + step)),
      Home: () => this.view.point(from),
      End: () => this.view.point(to),
      "+": () => this.zoomAround(at, 0.5),
      "=": () => this.zoomAround(at, 0.5),
      "-": () => this.zoomAround(at, 2),
      Escape: () => this.view.zoom(null),
    };
    if (actions[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  zoomAround(at, factor) {
    const [least, most] = this.extent();
    const half = Math.max(1, ((this.scale.to - this.scale.from) / 2) * factor);
    const range = [Math.max(least, at - half), Math.min(most, at + half)];
    this.view.zoom(range[0] <= least && range[1] >= most ? null : range);
  }
}
