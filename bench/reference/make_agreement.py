"""Writes the fixtures of the studio's agreement coefficients: agreement.json and labellers.json in
studio/src/test/resources/fixtures.

Usage: python make_agreement.py. Needs scikit-learn and krippendorff; the fixtures name their versions. In agreement.json
the answers are random, with a fixed seed: some annotators agree, some don't, and some leave items out (null). In
labellers.json they are those of simulated labellers, who know the truth and have a noise or a bias each.
"""

import importlib.metadata
import json
from pathlib import Path

import krippendorff
import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

FIXTURES = Path(__file__).resolve().parents[2] / "studio/src/test/resources/fixtures"
CATEGORIES = {"0": 0, "1": 1, "tie": 2, "both-bad": 3}


def answers(rng, annotators, items, values, noise, missing):
    truth = rng.integers(0, len(values), items)
    rows = []
    for _ in range(annotators):
        said = np.where(rng.random(items) < noise, rng.integers(0, len(values), items), truth)
        rows.append([None if rng.random() < missing else int(values[i]) for i in said])
    return rows


def alpha(rows, level):
    data = np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=float)
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=level))


def said(rng, name, truth, left, longer):
    """What a labeller says about a pair whose better completion is `truth`; None if they leave it out."""
    if rng.random() < 0.15:
        return None
    if rng.random() < 0.06:
        return str(rng.choice(["tie", "both-bad"]))
    wrong = rng.random() < (0.2 if name == "noisy" else 0.05)
    better = 1 - truth if wrong else truth
    if name == "careless":
        better = int(rng.integers(2))
    if name == "contrary":
        better = 1 - better
    if name == "looks left" and rng.random() < 0.5:
        better = left
    if name == "likes length" and longer >= 0 and rng.random() < 0.5:
        better = longer
    return str(better)


def kappa(first, second):
    both = [(a, b) for a, b in zip(first, second) if a is not None and b is not None]
    return float(cohen_kappa_score([a for a, _ in both], [b for _, b in both]))


def signed(choice, strength):
    """From -4 to 4; a tie is 0, and two bad replies have no strength."""
    return None if choice in (None, "both-bad") else 0 if choice == "tie" else strength if choice == "0" else -strength


def labeller(rng, name, truth, longer, gold):
    left = [int(value) for value in rng.integers(0, 2, len(truth))]
    choices = [said(rng, name, *about) for about in zip(truth, left, longer)]
    strengths = [int(rng.integers(1, 5)) if choice in ("0", "1") else 0 for choice in choices]
    preferred = [item for item, choice in enumerate(choices) if choice in ("0", "1")]
    unequal = [item for item in preferred if longer[item] >= 0]
    checked = [item for item in range(gold) if choices[item] is not None]
    right = sum(choices[item] == str(truth[item]) for item in checked)
    interval = binomtest(right, len(checked)).proportion_ci(method="wilson")
    return {
        "name": name,
        "choices": choices,
        "strengths": strengths,
        "left": left,
        "share_left": sum(choices[item] == str(left[item]) for item in preferred) / len(preferred),
        "share_longer": sum(choices[item] == str(longer[item]) for item in unequal) / len(unequal),
        "gold": [len(checked), right, interval.low, interval.high],
    }


def simulated(items=300, gold=40):
    rng = np.random.default_rng(22)
    truth = [int(value) for value in rng.integers(0, 2, items)]
    longer = [int(value) for value in rng.integers(-1, 2, items)]
    names = ["careful", "noisy", "looks left", "likes length", "careless", "contrary"]
    people = [labeller(rng, name, truth, longer, gold) for name in names]
    nominal = [[None if one is None else CATEGORIES[one] for one in person["choices"]] for person in people]
    ordinal = [[signed(*one) for one in zip(person["choices"], person["strengths"])] for person in people]
    return {
        "longer": longer,
        "labellers": people,
        "kappas": [[kappa(a["choices"], b["choices"]) for b in people] for a in people],
        "nominal": alpha(nominal, "nominal"),
        "ordinal": alpha(ordinal, "ordinal"),
    }


def write(name, values):
    versions = {name: importlib.metadata.version(name) for name in ["scikit-learn", "krippendorff", "numpy", "scipy"]}
    text = json.dumps({"versions": versions} | values, indent=None if name == "labellers" else 1)
    (FIXTURES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main():
    rng = np.random.default_rng(21)
    cases = []
    for annotators, items, noise, missing in [(2, 40, 0.3, 0), (2, 25, 0.9, 0), (3, 60, 0.2, 0.2), (5, 30, 0.5, 0.4), (4, 12, 0, 0.1)]:
        rows = answers(rng, annotators, items, [-4, -3, -2, -1, 0, 1, 2, 3, 4], noise, missing)
        case = {"answers": rows, "nominal": alpha(rows, "nominal"), "ordinal": alpha(rows, "ordinal")}
        both = [(a, b) for a, b in zip(rows[0], rows[1]) if a is not None and b is not None]
        case["kappa"] = float(cohen_kappa_score([a for a, _ in both], [b for _, b in both]))
        cases.append(case)
    write("agreement", {"cases": cases})
    write("labellers", simulated())


main()
