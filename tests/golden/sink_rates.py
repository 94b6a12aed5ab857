"""Sink_k of a results folder for every k, by netCDF4, held against two other ways to the same numbers.

    sink_rates.py reference RESULTS GOLDEN.json MODEL   tests/reference/sink_rate.py's counts; heads as near to epsilon as the tolerance
                                                        may fall on either side
    sink_rates.py units RESULTS FULL                    counted anew from the units of the same experiment with record = "full": equal
"""

import glob
import json
import os
import sys

import netCDF4
import numpy as np

EPSILON, N_TOKENS = 0.3, 64


def rates(results):
    """{model: (rate (64,), samples (64,))} of summary.nc."""
    with netCDF4.Dataset(os.path.join(results, "summary.nc")) as file:
        return {name: (np.ma.filled(file["sink_rate"][m], np.nan), np.asarray(file["sink_rate_samples"][m]))
                for m, name in enumerate(file["model"][:])}


def against_reference(results, golden, model):
    content = json.load(open(golden))["models"][model]
    n = len(content["ids_sha256"])
    rate, samples = rates(results)[model]
    pairs = n * content["n_layers"] * content["n_heads"]
    off = np.abs(rate * pairs - content["hits"])
    print(f"{model}: {n} texts, {int(sum(content['hits']))} hits, {int(sum(content['near']))} near epsilon, "
          f"off by {off.round().astype(int).sum()} in all")
    wrong = [f"k = {k + 1}: {rate[k]:.6g}, off by {off[k]:.1f} of {pairs}" for k in range(N_TOKENS) if not off[k] < content["near"][k] + 0.5]
    wrong += [f"{samples[k]} texts at k = {k + 1}" for k in range(N_TOKENS) if samples[k] != n]
    stored = fingerprints(results, model)
    return wrong + [f"text {i} has other tokens" for i in range(n) if stored.get(i) != content["ids_sha256"][i]]


def units(results):
    for path in glob.glob(os.path.join(results, "units", "*.nc")):
        with netCDF4.Dataset(path) as file:
            yield file


def fingerprints(results, model):
    return {int(number): str(digest) for file in units(results) if file.model == model
            for number, digest in zip(file["sample"][:], file["sample_fingerprint"][:])}


def against_units(results, full):
    hits, pairs = {}, {}
    for file in units(full):
        assert file.record == "full"
        inner = np.asarray(file["row_layer"][:]) < file.n_layers
        position = np.asarray(file["position"][:])[inner]
        alpha = np.ma.filled(file["sink_score_head"][:], np.nan)[inner]
        for counts, values in ((hits, (alpha.astype(float) > EPSILON).sum(axis=1)), (pairs, np.full(len(alpha), alpha.shape[1]))):
            counts.setdefault(file.model, np.zeros(N_TOKENS))
            counts[file.model] += np.bincount(position, weights=values, minlength=N_TOKENS)[:N_TOKENS]
    wrong = []
    for model, (rate, _) in rates(results).items():
        difference = np.abs(rate - hits[model] / pairs[model])
        print(f"{model}: {int(hits[model].sum())} hits, greatest difference {difference.max():.1e}")
        wrong += [f"{model}, k = {k + 1}" for k in range(N_TOKENS) if not difference[k] < 1e-12]
    return wrong


def main():
    wrong = {"reference": against_reference, "units": against_units}[sys.argv[1]](*sys.argv[2:])
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
