"""Holds sinks.csv against the reference's rules (tests/reference/detect.py) on the arrays of a full record, at any threshold.

    thresholds.py FULL RESULTS COSINE      prints how many sinks either rule lists; exit status 1: differs
"""

import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "reference"))
import detect
import units


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
    expected, stored = expected_sinks(units.read(full), float(cosine)), stored_sinks(results)
    for rule in expected:
        differ = dict(expected[rule].items() ^ stored[rule].items())
        print(f"{rule}, cosine {cosine}: {len(expected[rule])} listed, differing {list(differ.items())[:5]}")
    sys.exit(expected != stored)


if __name__ == "__main__":
    main()
