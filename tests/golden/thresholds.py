"""Holds sinks.csv against the reference's rules (tests/reference/detect.py) on the arrays of a full record, at any threshold.

    thresholds.py FULL RESULTS COSINE      kinds, first layers and lifetimes by either rule, and the values of a run with rule "paper" in force:
                                           means over listed layers, the MLP's at the first; exit status 1: differs
"""

import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "reference"))
import detect
import numpy as np
import units

TOLERANCE = 1e-6  # float32 values, of which the program takes its means


def values_of(sample, position, primary, layers):
    """sink_score, mlp_norm, cos_mlp, hidden_norm, as DESIGN.md section 8 has them."""
    at = lambda name: sample.quantity(name, primary.position)[:-1, position].astype(float)  # noqa: E731
    return at("sink_score")[layers].mean(), at("mlp_norm")[layers[0]], at("cos_mlp_hidden")[layers[0]], at("hidden_norm")[layers].mean()


def differing_values(full, results, cosine):
    wrong = []
    with open(os.path.join(results, "sinks.csv"), newline="") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == "not listed":
                continue
            sample, position = full[int(row["sample"])], int(row["position"])
            norms = sample.values["hidden_norm"]
            primary = detect.find_primary(norms[:-1], norms[-1], sample.candidates)
            own = np.arange(primary.start, primary.end)
            cosines = np.abs(sample.quantity("cos_primary", primary.position)[own, position])
            layers = own if row["kind"] == "primary" else own[cosines > cosine]
            expected = np.array(values_of(sample, position, primary, layers))
            stored = np.array([float(row[name]) for name in ("sink_score", "mlp_norm", "cos_mlp", "hidden_norm")])
            if not (np.abs(stored - expected) <= TOLERANCE * np.maximum(np.abs(expected), 1e-6)).all():
                wrong.append((row["sample"], position, stored.tolist(), expected.tolist()))
    return wrong


def expected_sinks(full, cosine):
    """{rule: {(sample, position): (kind, l_start, lifetime)}}"""
    found = {"paper": {}, "relative": {}}
    for number, sample in full.items():
        norms = sample.values["hidden_norm"]
        primary = detect.find_primary(norms[:-1], norms[-1], sample.candidates)
        cosines = sample.quantity("cos_primary", primary.position)[:-1]
        for rule, sinks in found.items():
            sinks[number, primary.position] = ("primary", primary.start, primary.end - primary.start)
            for sink in detect.find_sinks(rule, norms[:-1], cosines, primary, cosine=cosine):
                sinks[number, sink.position] = (sink.kind, sink.l_start, sink.lifetime)
    return found


def stored_sinks(results):
    found = {"paper": {}, "relative": {}}
    with open(os.path.join(results, "sinks.csv"), newline="") as lines:
        for row in csv.DictReader(lines):
            for rule, suffix in (("paper", ""), ("relative", "_relative")):
                if row[f"kind{suffix}"] != "not listed":
                    found[rule][int(row["sample"]), int(row["position"])] = (
                        row[f"kind{suffix}"], int(row[f"l_start{suffix}"]), int(row[f"lifetime{suffix}"]))
    return found


def main():
    full, results, cosine = sys.argv[1:]
    full = units.read(full)
    expected, stored = expected_sinks(full, float(cosine)), stored_sinks(results)
    for rule in expected:
        differ = dict(expected[rule].items() ^ stored[rule].items())
        print(f"{rule}, cosine {cosine}: {len(expected[rule])} listed, differing {list(differ.items())[:5]}")
    values = differing_values(full, results, float(cosine))
    print(f"values of {len(values)} sinks differ {values[:3]}")
    sys.exit(expected != stored or bool(values))


if __name__ == "__main__":
    main()
