"""What margins r(chosen) - r(rejected), one a pair, say of a judge. A tie counts one half."""

import json
import math


def wilson(correct, pairs, z=1.959964):
    """95 % interval of a share; ties enter `correct` as one half."""
    share = correct / pairs
    centre = share + z * z / (2 * pairs)
    half = z * math.sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs))
    scale = 1 + z * z / pairs
    return (centre - half) / scale, (centre + half) / scale


def right(margin):
    """1 where the margin orders its pair right, 0 where wrong, a tie one half."""
    return (1 + (margin > 0) - (margin < 0)) / 2


def accuracy(margins):
    return sum(map(right, margins)) / len(margins)


def judged(margins):
    """Accuracy with its interval, as the scripts print it."""
    low, high = wilson(sum(map(right, margins)), len(margins))
    return {"pairs": len(margins), "accuracy": round(accuracy(margins), 4),
            "accuracy_low": round(low, 4), "accuracy_high": round(high, 4),
            "ties": sum(m == 0 for m in margins)}


def mcnemar(margins, others):
    """Two-sided exact p of the pairs that only one of two judges has right, were the two equally good."""
    better = sum(right(a) > right(b) for a, b in zip(margins, others, strict=True))
    worse = sum(right(a) < right(b) for a, b in zip(margins, others, strict=True))
    pairs = better + worse
    tail = sum(math.comb(pairs, k) for k in range(min(better, worse) + 1)) / 2**pairs
    return min(1.0, 2 * tail)


def keep(file, margins, **more):
    """Writes margins, full precision, for `read`."""
    with open(file, "w", encoding="utf-8") as out:
        json.dump({"margins": margins, **more}, out)


def read(file):
    with open(file, encoding="utf-8") as kept:
        return json.load(kept)
