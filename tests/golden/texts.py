#!/usr/bin/env python3
"""Holds a run with record = "full" against transformers' numbers in tests/data (smollm2_aime24.json, gemma3_own_text.json).

    texts.py EXPECTED.json RESULTS tokens|values|statistics|detection [SAMPLE ...]

Tolerance (DESIGN.md section 6, real models): 1e-3 on every value, 1e-4 in the median over a quantity's values. Exit status 1: differs.
"""

import hashlib
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "reference"))
import detect
from compare_csv import COSINES, Column, norm_deviation
import units

TOLERANCE, TOLERANCE_MEDIAN = 1e-3, 1e-4


class Comparison:
    """Deviations by quantity: of cosines absolute, of the rest relative."""

    def __init__(self):
        self.columns, self.failures = {}, []

    def add(self, name, actual, expected, place):
        column = self.columns.setdefault(name, Column(name))
        if expected is None or actual is None or np.isnan(actual):
            if not (expected is None and np.isnan(actual)):
                self.failures.append(f"{name} at {place}: {actual}, not {expected}")
        elif name.split()[0] in COSINES:
            column.add(abs(actual - expected), TOLERANCE, place)
        elif name == "sink_heads":
            column.add(abs(actual - expected), 0, place)
        else:
            column.add(norm_deviation(actual, expected), TOLERANCE, place)

    def report(self):
        for column in self.columns.values():
            worst, place = column.worst
            print(f"{column.name:<24} {len(column.deviations):>6} values, deviation {column.median():.1e} median, {worst:.1e} worst at {place}")
            if column.bad:
                self.failures.append(f"{column.name}: {len(column.bad)} values differ, the first at {column.bad[0]}")
            if column.median() > TOLERANCE_MEDIAN:
                self.failures.append(f"{column.name}: median deviation {column.median():.2e}")
        for failure in self.failures:
            print(f"DIFFERS {failure}")
        return not self.failures


def compare_tokens(sample, expected, _):
    digest = hashlib.sha256(sample.token_id.astype("<i4").tobytes()).hexdigest()
    got = (sample.n_tokens, sample.fingerprint, digest)
    wanted = (expected["n_tokens"], expected["ids_sha256"], expected["ids_sha256"])
    if got != wanted:
        print(f"DIFFERS sample {sample.number}: tokens, fingerprint and ids are {got}, not {wanted}")
    return got == wanted


def compare_values(sample, expected, comparison):
    parts = [(l, layer) for l, layer in enumerate(expected["layers"])] + [(sample.n_layers, expected["final"])]
    for l, part in parts:
        for name, values in part["values"].items():
            actual = sample.quantity(name, expected["primary"])[l]
            for t, value in zip(part["positions"], values):
                comparison.add(name, actual[t], value, f"sample {sample.number} layer {l} position {t}")
    return True


def compare_statistics(sample, expected, comparison):
    for l, layer in enumerate(expected["layers"]):
        for name, values in layer["statistics"].items():
            for which, value in zip(("mean", "q50", "q99"), values):
                if name == "sink_heads":  # counts: a head at the threshold itself moves the mean by 1/T
                    continue
                actual = sample.statistic(name, which, expected["primary"])[l]
                comparison.add(f"{name} {which}", actual, value, f"sample {sample.number} layer {l}")
    for which, key in (("q50", "background_median"), ("q99", "background_q99")):
        actual = sample.statistic("cos_primary", which, expected["primary"])
        for l, value in enumerate(expected[key]):
            comparison.add(f"cos_primary background {which}", actual[l], value, f"sample {sample.number} layer {l}")
    return True


def compare_detection(sample, expected, _):
    """The rules, as the reference applies them, on what the run has measured; tokens near a threshold aside."""
    near = expected["near_threshold"]
    norms = sample.values["hidden_norm"]
    primary = detect.find_primary(norms[:-1], norms[-1], sample.candidates)
    got = {"primary": primary.position, "start": primary.start, "end": primary.end}
    cosines = sample.quantity("cos_primary", primary.position)[:-1]
    for rule in ("paper", "relative"):
        found = detect.find_sinks(rule, norms[:-1], cosines, primary)
        got[rule] = [[s.position, s.kind, s.l_start, s.lifetime] for s in found if str(s.position) not in near]
    wanted = {key: expected[key] for key in ("primary", "start", "end")}
    wanted |= {rule: [sink for sink in expected[rule] if str(sink[0]) not in near] for rule in ("paper", "relative")}
    if got != wanted:
        print(f"DIFFERS sample {sample.number}: {got}, not {wanted}")
    return got == wanted


PARTS = {"tokens": compare_tokens, "values": compare_values, "statistics": compare_statistics, "detection": compare_detection}


def main():
    expected_path, results, part, *chosen = sys.argv[1:]
    with open(expected_path) as text:
        expected = {s["sample"]: s for s in json.load(text)["samples"]}
    samples = units.read(results)
    wanted = [int(c) for c in chosen] or sorted(expected)
    if sorted(samples) != wanted:
        print(f"DIFFERS samples {sorted(samples)} are stored, not {wanted}")
        return 1
    comparison = Comparison()
    same = [PARTS[part](samples[s], expected[s], comparison) for s in wanted]
    return 0 if comparison.report() and all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
