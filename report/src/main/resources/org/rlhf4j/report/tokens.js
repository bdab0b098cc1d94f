// What a token can be coloured by.
const QUANTITIES = [
  { id: "change", name: "log-probability less the reference's", has: (r) => r.logprobs && r.ref_logprobs, of: (r) => r.logprobs.map((value, i) => value - r.ref_logprobs[i]) },
  { id: "advantages", name: "advantage", has: (r) => r.advantages, of: (r) => r.advantages },
  { id: "values", name: "value", has: (r) => r.values, of: (r) => r.values },
  { id: "logprobs", name: "log-probability", has: (r) => r.logprobs, of: (r) => r.logprobs },
  { id: "ref_logprobs", name: "reference's log-probability", has: (r) => r.ref_logprobs, of: (r) => r.ref_logprobs },
];

function visible(text) {
  return text.replace(/\r/g, "␍").replace(/\n/g, "↵\n").replace(/\t/g, "⇥\t");
}

function shade(value, most) {
  const strength = most > 0 ? Math.min(1, Math.abs(value) / most) * 0.5 : 0;
  return `rgba(var(--${value > 0 ? "up" : "down"}), ${strength.toFixed(3)})`;
}

class TokenView {
  constructor() {
    this.tokens = make("div", { class: "tokens mono", role: "listbox", "aria-label": "Tokens of the completion", "aria-orientation": "horizontal" });
    this.detail = make("dl", { class: "detail", "aria-live": "polite" });
    this.scale = make("span", { class: "scale" });
    this.plot = make("div");
    this.tokens.addEventListener("keydown", (event) => this.key(event));
  }

  show(rollout, quantity) {
    this.rollout = rollout;
    this.quantity = quantity;
    const values = quantity.of(rollout);
    const most = Math.max(...values.map(Math.abs));
    this.items = rollout.tokens.map((text, i) => make("span", {
      class: "token", role: "option", tabindex: i === 0 ? 0 : -1, "aria-selected": "false",
      style: `background-color: ${shade(values[i], most)}`, title: `${quantity.name} ${number(values[i])}`,
      onclick: () => this.select(i, true), onmouseenter: () => this.select(i, false), onfocus: () => this.select(i, false),
    }, visible(text) || "·"));
    this.tokens.replaceChildren(...this.items);
    this.scale.replaceChildren(number(-most, 2),
      make("i", { "aria-hidden": "true", style: `background: linear-gradient(90deg, ${shade(-1, 1)}, transparent, ${shade(1, 1)})` }),
      number(most, 2));
    const view = new View();
    this.plot.replaceChildren(new Chart(view, {
      title: `${quantity.name[0].toUpperCase()}${quantity.name.slice(1)} along the completion`, xName: "token",
      lines: [{ name: quantity.name, run: 0, x: values.map((_, i) => i + 1), y: values }],
    }).element);
    this.select(0, false);
  }

  select(i, focus) {
    this.items.forEach((item, j) => {
      item.setAttribute("aria-selected", String(i === j));
      item.tabIndex = i === j ? 0 : -1;
    });
    if (focus) {
      this.items[i].focus();
    }
    const row = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
    this.detail.replaceChildren(row("token", `${i + 1} of ${this.rollout.length}`),
      row("text", JSON.stringify(this.rollout.tokens[i])),
      ...QUANTITIES.filter((quantity) => quantity.has(this.rollout))
        .map((quantity) => row(quantity.name, number(quantity.of(this.rollout)[i]))));
  }

  key(event) {
    const at = this.items.findIndex((item) => item.tabIndex === 0);
    const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: this.items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.select(Math.max(0, Math.min(this.items.length - 1, to)), true);
    }
  }

  table() {
    const known = QUANTITIES.filter((quantity) => quantity.has(this.rollout));
    return table("tokens", ["token", "text", ...known.map((quantity) => quantity.name)],
      this.rollout.tokens.map((text, i) => [String(i + 1), JSON.stringify(text), ...known.map((quantity) => number(quantity.of(this.rollout)[i]))]));
  }
}

function tokensSection(runs) {
  const all = runs.flatMap((run) => run.rollouts.map((rollout) => ({ run, rollout })))
    .filter(({ rollout }) => rollout.tokens.length && QUANTITIES.some((quantity) => quantity.has(rollout)));
  if (all.length === 0) {
    return null;
  }
  const view = new TokenView();
  let chosen = all.at(-1);
  let wanted = QUANTITIES[0].id;
  const body = make("div", { class: "card", style: "margin-top: 1rem" });
  const quantities = make("span");
  const show = () => {
    const possible = QUANTITIES.filter((quantity) => quantity.has(chosen.rollout));
    const quantity = possible.find((one) => one.id === wanted) || possible[0];
    quantities.replaceChildren(labelled("Coloured by", options(possible.map((one) => [one.id, one.name]), quantity.id,
      (id) => { wanted = id; show(); })));
    view.show(chosen.rollout, quantity);
    const { rollout } = chosen;
    body.replaceChildren(
      make("div", { class: "label" }, make("span", { class: "score" }, `reward ${number(rollout.score, 3)}`),
        make("span", {}, `${rollout.length} tokens${rollout.tokens.length < rollout.length ? `, the first ${rollout.tokens.length} shown` : ""}`),
        rollout.ended ? null : make("span", { class: "cut" }, "cut"), view.scale),
      promptBox(rollout.prompt),
      view.tokens, view.detail, view.plot, tableBehind(() => view.table(), "Table of all tokens"));
  };
  const rank = (run, rollout) => {
    const same = run.rollouts.filter((other) => other.step === rollout.step);
    const at = same.indexOf(rollout);
    return same.length === 1 ? "" : at === 0 ? ", best" : at === same.length - 1 ? ", worst" : "";
  };
  chosen = all.filter((one) => one.run === all.at(-1).run && one.rollout.step === all.at(-1).rollout.step)[0];
  const names = all.map(({ run, rollout }, i) =>
    [String(i), `${run.name}, step ${rollout.step}: reward ${number(rollout.score, 3)}${rank(run, rollout)}`]);
  const total = runs.reduce((sum, run) => sum + run.completions, 0);
  show();
  return section("tokens", "Token by token",
    make("p", {}, `${all.length} of ${total.toLocaleString("en")} recorded completions: the best, the worst and some between, of the first, `
      + "the middle and the last step. Orange is above 0, blue below. Point at a token or move with the arrow keys."),
    make("div", { class: "controls" },
      labelled("Completion", options(names, String(all.indexOf(chosen)), (i) => { chosen = all[Number(i)]; show(); })), quantities),
    body);
}
