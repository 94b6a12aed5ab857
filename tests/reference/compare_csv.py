#!/usr/bin/env python3
"""Holds the CSV of `sinkgrid measure` against a reference CSV, by the tolerance rule of DESIGN.md section 6.

    compare_csv.py EXPECTED ACTUAL [--tol-norm 1e-4] [--tol-cos 1e-4] [--tol-median X] [--all-rows] [--quiet]

Every row of EXPECTED (sample, layer, position) must be in ACTUAL, which may hold more (with --all-rows: not). A pair of values agrees if
    norms and scores   |a-b| <= tol-norm |b|, where b, the expected value, is >= 1e-6; below that, a must be below about 1e-6 too
    cosines            |a-b| <= tol-cos
    sink_heads         equal; they may differ by the heads within 1e-4 (relative) of epsilon where EXPECTED has a column epsilon_margin
                       (written by measure.py --margin) that says so for the row
and both are empty or neither is. --tol-median further bounds each column's median deviation. The worst deviation of every column is
printed (relative for norms and scores). Exit status 0: agrees; 1: differs; 2: unreadable. Standard library only.
"""

import argparse
import csv
import math
import statistics
import sys

KEY = ("sample", "layer", "position")
NORMS = {"hidden_norm", "key_norm", "value_norm", "sink_score", "sink_score_max", "mlp_norm", "massive", "massive_ratio", "learned_sink"}
COSINES = {"cos_primary", "cos_mlp_hidden", "cos_mlp_mlp", "cos_mlp_input", "cos_mlp_gate", "cos_mlp_up", "cos_mlp_act",
           "cos_mlp_product", "cos_mlp_down"}
COUNTS = {"token_id", "sink_heads"}
SMALLEST = 1e-6  # norms and scores below this are only asked to be small
NEAR_EPSILON = 1e-4


class Unreadable(Exception):
    pass


class Column:
    """Deviations of one column and the rows that break its rule."""

    def __init__(self, name):
        self.name, self.deviations, self.worst, self.bad = name, [], (-1.0, None), []

    def add(self, deviation, allowed, key):
        self.deviations.append(deviation)
        if not deviation <= self.worst[0]:
            self.worst = (deviation, key)
        if not deviation <= allowed:  # NaN fails
            self.bad.append(key)

    def median(self):
        return statistics.median(self.deviations) if self.deviations else 0.0


def read(path):
    try:
        with open(path, newline="") as lines:
            reader = csv.DictReader(lines)
            names = reader.fieldnames or []
            rows = {tuple(row[k] for k in KEY): row for row in reader}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}")
    if not rows:
        raise Unreadable(f"{path}: no rows")
    return names, rows


def number(word, path, key):
    try:
        return float(word)
    except ValueError:
        raise Unreadable(f"{path}: not a number: {word!r} at {key}")


def norm_deviation(a, b):
    if abs(b) < SMALLEST:
        return 0.0 if abs(a) < SMALLEST * (1 + 1e-3) else math.inf
    return abs(a - b) / abs(b)


def count_allowance(row):
    near = row.get("epsilon_margin") or "inf"
    return math.inf if float(near) < NEAR_EPSILON else 0.0


def compare_value(column, expected, actual, key, args):
    name = column.name
    b_word, a_word = expected[name], actual.get(name) or ""
    if (b_word == "") != (a_word == ""):
        return column.add(math.inf, 0.0, key)
    if b_word == "":
        return None
    b, a = number(b_word, args.expected, key), number(a_word, args.actual, key)
    if name in COSINES:
        return column.add(abs(a - b), args.tol_cos, key)
    if name in NORMS:
        return column.add(norm_deviation(a, b), args.tol_norm, key)
    return column.add(abs(a - b), count_allowance(expected) if name == "sink_heads" else 0.0, key)


def compare(args):
    names, expected = read(args.expected)
    _, actual = read(args.actual)
    columns = {name: Column(name) for name in names if name in NORMS | COSINES | COUNTS}
    missing = [key for key in expected if key not in actual]
    for key, row in expected.items():
        if key in actual:
            for column in columns.values():
                compare_value(column, row, actual[key], key, args)
    extra = [key for key in actual if key not in expected] if args.all_rows else []
    return columns, missing, extra


def place(key):
    return "" if key is None else "sample {} layer {} position {}".format(*key)


def report(columns, missing, extra, args):
    failures = [f"{len(keys)} rows {what}, the first: {place(keys[0])}" for what, keys in
                (("missing", missing), ("not expected", extra)) if keys]
    if not args.quiet:
        print(f"{'column':<16} {'values':>7} {'median':>10} {'worst':>10}  at")
    for column in columns.values():
        worst, key = column.worst
        if not args.quiet and column.deviations:
            print(f"{column.name:<16} {len(column.deviations):>7} {column.median():>10.2e} {worst:>10.2e}  {place(key)}")
        if column.bad:
            failures.append(f"{column.name}: {len(column.bad)} of {len(column.deviations)} values differ, worst {worst:.3g} at {place(key)}")
        elif args.tol_median is not None and column.name not in COUNTS and column.median() > args.tol_median:
            failures.append(f"{column.name}: median deviation {column.median():.3g} above {args.tol_median:g}")
    for failure in failures:
        print(f"DIFFERS {failure}")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("expected")
    parser.add_argument("actual")
    parser.add_argument("--tol-norm", type=float, default=1e-4)
    parser.add_argument("--tol-cos", type=float, default=1e-4)
    parser.add_argument("--tol-median", type=float, help="bound on each column's median deviation (real models: 1e-4)")
    parser.add_argument("--all-rows", action="store_true", help="ACTUAL may hold no further rows")
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    args = parser.parse_args()
    try:
        return report(*compare(args), args)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
