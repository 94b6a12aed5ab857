#!/usr/bin/env python3
"""Golden file of the statistics: tests/data/statistics.json.

Quantiles and deviations by numpy, rank correlation and entropy by scipy, on random data with and without ties.
A missing value is null. Needs numpy and scipy; the versions stand in the file.
Usage: tests/reference/summary_statistics.py [FILE]
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

SEED = 20251222
QUANTILES = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0]


def plain(value):
    value = float(value)
    return None if np.isnan(value) else value


def sample(rng, n, ties):
    x = rng.normal(size=n)
    return np.round(x * 2) / 2 if ties else np.round(x, 6)


def univariate(rng, n, ties):
    x = sample(rng, n, ties)
    return {
        "x": x.tolist(),
        "quantiles": [plain(q) for q in np.quantile(x, QUANTILES)],
        "median": plain(np.median(x)),
        "mean": plain(np.mean(x)),
        "sd": plain(np.std(x, ddof=1)) if n > 1 else None,
    }


def bivariate(rng, n, ties, slope):
    x = sample(rng, n, ties)
    y = np.round(slope * x + rng.normal(size=n), 1 if ties else 6)
    weight = rng.integers(0, 4, size=n)
    many = np.repeat(np.arange(n), weight)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "rho": plain(stats.spearmanr(x, y).statistic),
        "weight": weight.tolist(),
        "weighted_rho": plain(stats.spearmanr(x[many], y[many]).statistic) if many.size > 1 else None,
    }


def histogram(rng, n):
    counts = rng.integers(0, 20, size=n)
    counts[0] += 1
    return {"counts": counts.tolist(), "entropy": plain(stats.entropy(counts))}


def main():
    warnings.simplefilter("ignore", stats.ConstantInputWarning)
    rng = np.random.default_rng(SEED)
    golden = {
        "made_by": f"numpy {np.__version__}, scipy {scipy.__version__}, seed {SEED}",
        "quantiles": QUANTILES,
        "univariate": [univariate(rng, n, ties) for n in (1, 2, 3, 4, 9, 40) for ties in (False, True)],
        "bivariate": [bivariate(rng, n, ties, slope) for n in (2, 3, 8, 30) for ties in (False, True)
                      for slope in (-2.0, 0.0, 0.5)],
        "histogram": [histogram(rng, n) for n in (1, 2, 7, 30)],
    }
    constant = bivariate(rng, 6, True, 1.0) | {"x": [2.0] * 6, "rho": None, "weighted_rho": None}
    golden["bivariate"].append(constant)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "data" / "statistics.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
