"""Writes the fixture of the studio's agreement coefficients: studio/src/test/resources/fixtures/agreement.json.

Usage: python make_agreement.py. Needs scikit-learn and krippendorff; the fixture names their versions. The answers are
random, with a fixed seed: some annotators agree, some don't, and some leave items out (null).
"""

import importlib.metadata
import json
from pathlib import Path

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

TARGET = Path(__file__).resolve().parents[2] / "studio/src/test/resources/fixtures/agreement.json"


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


def main():
    rng = np.random.default_rng(21)
    cases = []
    for annotators, items, noise, missing in [(2, 40, 0.3, 0), (2, 25, 0.9, 0), (3, 60, 0.2, 0.2), (5, 30, 0.5, 0.4), (4, 12, 0, 0.1)]:
        rows = answers(rng, annotators, items, [-4, -3, -2, -1, 0, 1, 2, 3, 4], noise, missing)
        case = {"answers": rows, "nominal": alpha(rows, "nominal"), "ordinal": alpha(rows, "ordinal")}
        both = [(a, b) for a, b in zip(rows[0], rows[1]) if a is not None and b is not None]
        case["kappa"] = float(cohen_kappa_score([a for a, _ in both], [b for _, b in both]))
        cases.append(case)
    versions = {name: importlib.metadata.version(name) for name in ["scikit-learn", "krippendorff", "numpy"]}
    TARGET.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n", encoding="utf-8")


main()
