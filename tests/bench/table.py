#!/usr/bin/env python3
"""Rows of tests/bench/run as a table; two files of them beside each other. Standard library only.

    table.py < rows.csv              measured, limit, ratio with its range, rates, and whether the goal is met
    table.py BEFORE.csv AFTER.csv    ratios and times of two commits
"""

import csv
import sys


def read(lines):
    return [{k: v if k in ("name", "unit", "goal") else float(v) for k, v in row.items()} for row in csv.DictReader(lines)]


def met(row):
    """The ratio against its goal, as "met", "missed" or ""."""
    if not row["goal"] or not row["rounds"]:
        return ""
    sign, value = row["goal"].split()
    good = row["ratio"] >= float(value) if sign == ">=" else row["ratio"] <= float(value)
    return "met" if good else "missed"


def rate(amount, row):
    return f"{amount / row['measured'] * 1e-9:.1f}" if amount and row["unit"] == "s" and row["measured"] else ""


def one(rows):
    print(f"{'measurement':<46} {'measured':>10}     {'limit':>9} {'ratio':>7} {'least … most (rounds)':>25} {'GFLOP/s':>8} {'GB/s':>6}  goal")
    for row in rows:
        spread = f"{row['ratio_least']:.3f} … {row['ratio_greatest']:.3f} ({row['rounds']:.0f})" if row["ratio"] else ""
        ratio = f"{row['ratio']:.3f}" if row["ratio"] else ""
        limit = f"{row['limit']:.4g}" if row["limit"] else ""
        print(f"{row['name']:<46} {row['measured']:>10.4g} {row['unit']:<3} {limit:>9} {ratio:>7} {spread:>25} "
              f"{rate(row['flop'], row):>8} {rate(row['bytes'], row):>6}  {row['goal']} {met(row)}".rstrip())


def two(before, after):
    old = {row["name"]: row for row in before}
    print(f"{'measurement':<46} {'before':>10} {'after':>10}     {'after/before':>12} {'ratio':>7} {'→':^3} {'ratio':>7}  goal")
    for row in after:
        was = old.get(row["name"])
        if was:
            change = row["measured"] / was["measured"] if was["measured"] else float("nan")
            print(f"{row['name']:<46} {was['measured']:>10.4g} {row['measured']:>10.4g} {row['unit']:<3} {change:>12.3f} "
                  f"{was['ratio']:>7.3f} {'→':^3} {row['ratio']:>7.3f}  {row['goal']} {met(row)}".rstrip())
        else:
            print(f"{row['name']:<46} {'':>10} {row['measured']:>10.4g} {row['unit']}")


def main():
    if len(sys.argv) == 3:
        with open(sys.argv[1]) as before, open(sys.argv[2]) as after:
            two(read(before), read(after))
    elif len(sys.argv) == 1:
        one(read(sys.stdin))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
