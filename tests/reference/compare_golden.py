#!/usr/bin/env python3
"""Holds sinkgrid's output for SmolLM2 against tests/data/smollm2_*.json. Standard library only.

    compare_golden.py values GOLDEN.json MEASURE.csv [--sample N ...] [--tol 1e-3] [--tol-median 1e-4]
    compare_golden.py sinks  GOLDEN.json SINKS.csv [--model NAME] [--prompt-set NAME]

values: the table of `sinkgrid measure` (every layer and position; its samples are the golden ones, or those named by --sample, in order).
Token ids by their SHA-256, every recorded value within tol, each quantity's median deviation within tol-median, and the statistics over
all tokens within tol. sinks: sinks.csv of a run; primary position and level, and the tokens listed by either rule with kind, l_start and
lifetime, those near a threshold aside. Exit status 0: agrees; 1: differs.
"""

import argparse
import csv
import hashlib
import json
import math
import statistics
import struct
import sys

SMALLEST = 1e-6


def deviation(name, a, b):
    if name.startswith("cos") or name == "sink_heads":
        return abs(a - b)
    return abs(a - b) / abs(b) if abs(b) >= SMALLEST else 0.0


def quantile(ordered, q):
    """Linear interpolation, numpy's default."""
    at = (len(ordered) - 1) * q
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


class Report:
    def __init__(self):
        self.failures, self.deviations = [], {}

    def fail(self, text):
        self.failures.append(text)

    def value(self, name, a, b, tol, place):
        d = deviation(name, a, b)
        self.deviations.setdefault(name, []).append(d)
        if not d <= (0 if name == "sink_heads" else tol):
            self.fail(f"{name} at {place}: {a:g} instead of {b:g}")

    def close(self, tol_median):
        for name, values in self.deviations.items():
            median = statistics.median(values)
            print(f"{name:<24} {len(values):>6} values, median {median:.1e}, worst {max(values):.1e}")
            if median > tol_median:
                self.fail(f"{name}: median deviation {median:.3g}")
        for text in self.failures[:20]:
            print(f"DIFFERS {text}")
        if len(self.failures) > 20:
            print(f"DIFFERS … and {len(self.failures) - 20} more")
        return 1 if self.failures else 0


# values


def read_measure(path):
    """{sample: {layer: [row, in order of position]}}"""
    table = {}
    with open(path, newline="") as lines:
        for row in csv.DictReader(lines):
            table.setdefault(int(row["sample"]), {}).setdefault(row["layer"], []).append(row)
    return table


def check_ids(golden, rows, report):
    ids = [int(row["token_id"]) for row in rows]
    digest = hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest()
    if (len(ids), digest) != (golden["n_tokens"], golden["ids_sha256"]):
        report.fail(f"sample {golden['sample']}: token ids differ ({len(ids)} tokens, {golden['n_tokens']} expected)")
        return False
    return True


def check_statistics(golden, name, rows, expected, tol, place, report):
    values = [float(row[name]) for row in rows]
    if name.startswith("cos"):
        values = [abs(v) for v in values[golden["primary"] + 1 :]]
    ordered = sorted(values)
    found = (math.fsum(values) / len(values), quantile(ordered, 0.5), quantile(ordered, 0.99))
    for kind, a, b in zip(("mean", "median", "q99"), found, expected):
        if name != "sink_heads" or kind == "mean":
            if deviation(name, a, b) > (tol if name != "sink_heads" else 0.01):
                report.fail(f"{kind} of {name} at {place}: {a:g} instead of {b:g}")


def check_sample(golden, layers, tol, report):
    if not check_ids(golden, layers.get("0", []), report):
        return
    for l, expected in enumerate(golden["layers"]):
        place = f"sample {golden['sample']} layer {l}"
        for name, values in expected["values"].items():
            for t, b in zip(expected["positions"], values):
                report.value(name, float(layers[str(l)][t][name] or "nan"), b, tol, f"{place} position {t}")
            check_statistics(golden, name, layers[str(l)], expected["statistics"][name], tol, place, report)
    for name, values in golden["final"]["values"].items():
        for t, b in zip(golden["final"]["positions"], values):
            report.value(f"{name} (final)", float(layers["final"][t][name]), b, tol, f"sample {golden['sample']} final position {t}")


def values(args):
    with open(args.golden) as text:
        samples = json.load(text)["samples"]
    wanted = args.sample if args.sample else range(len(samples))
    table, report = read_measure(args.csv), Report()
    if len(table) != len(wanted):
        report.fail(f"{len(table)} samples, {len(wanted)} expected")
    for rows, index in zip((table[s] for s in sorted(table)), wanted):
        check_sample(samples[index], rows, args.tol, report)
    return report.close(args.tol_median)


# sinks


def listed(row, suffix):
    """(kind, l_start, lifetime) by the rule of that column suffix, None where it does not list the token."""
    kind = row[f"kind{suffix}"]
    return None if kind in ("", "not listed") else (kind, int(row[f"l_start{suffix}"]), int(row[f"lifetime{suffix}"]))


def check_rule(golden, rows, rule, suffix, report):
    expected = {t: (kind, l_start, n) for t, kind, l_start, n in golden[rule]}
    found = {int(r["position"]): listed(r, suffix) for r in rows if listed(r, suffix)}
    aside = {int(t) for t in golden["near_threshold"]} | {golden["primary"]}
    for t in sorted((expected.keys() | found.keys()) - aside):
        if expected.get(t) != found.get(t):
            report.fail(f"sample {golden['sample']} position {t}, rule {rule}: {found.get(t)} instead of {expected.get(t)}")
    return len(expected)


def sinks(args):
    with open(args.golden) as text:
        samples = json.load(text)["samples"]
    with open(args.csv, newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if args.model in (None, r["model"]) and args.prompt_set in (None, r["prompt_set"])]
    report, count = Report(), 0
    for golden in samples:
        mine = [r for r in rows if int(r["sample"]) == golden["sample"]]
        primary = [(int(r["position"]), int(r["l_start"]), int(r["lifetime"])) for r in mine if r["kind"] == "primary"]
        level = (golden["primary"], golden["start"], golden["end"] - golden["start"])
        if primary != [level]:
            report.fail(f"sample {golden['sample']}: primary {primary} instead of {level}")
        count += check_rule(golden, mine, "paper", "", report) + check_rule(golden, mine, "relative", "_relative", report)
    print(f"{len(samples)} primaries, {count} listed tokens")
    return report.close(math.inf)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("values", "sinks"):
        command = commands.add_parser(name)
        command.add_argument("golden")
        command.add_argument("csv")
    commands.choices["values"].add_argument("--sample", type=int, action="append", help="golden sample that the table's next one is")
    commands.choices["values"].add_argument("--tol", type=float, default=1e-3)
    commands.choices["values"].add_argument("--tol-median", type=float, default=1e-4)
    commands.choices["sinks"].add_argument("--model")
    commands.choices["sinks"].add_argument("--prompt-set")
    args = parser.parse_args()
    return values(args) if args.command == "values" else sinks(args)


if __name__ == "__main__":
    sys.exit(main())
