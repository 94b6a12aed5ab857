"""What record = "candidates" keeps, by netCDF4 and numpy, worked out from the same experiment's record = "full".

    records.py FULL CANDIDATES

Rows and why they were kept, their values to the bit, control tokens, occurrences of token ids, statistics over all tokens; and from sinks.csv
the number of occurrences of secondary sinks' ids that did not become one (scaling.csv). Exit status 1: differs.
"""

import collections
import csv
import os
import sys

import numpy as np

import units

COSINE, NORM, FIRST, CONTROL, FULL = 1, 2, 4, 8, 16  # reason's flag_masks
FIRST_POSITIONS, N_CONTROL, RECORD_COSINE, NORM_RATIO = 8, 64, 0.5, 3
QUANTILES = {"q01": 0.01, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q99": 0.99}
wrong = []


def check(condition, text):
    if not condition:
        wrong.append(text)


def expected_reason(full, control):
    norms = full.values["hidden_norm"]
    reason = np.zeros(norms.shape, int)
    reason[(np.abs(full.values["cos_primary"]) > RECORD_COSINE).any(axis=2)] |= COSINE
    reason[norms > np.float32(NORM_RATIO) * np.median(norms, axis=1, keepdims=True)] |= NORM
    reason[:, :FIRST_POSITIONS] |= FIRST
    reason[:, control] |= CONTROL
    return reason


def check_rows(full, kept):
    place = f"sample {full.number}"
    check((full.reason & FULL).all(), f"{place}: a full record has gaps")
    control = np.flatnonzero(kept.reason[0] & CONTROL)
    check(len(control) == min(N_CONTROL, max(full.n_tokens - FIRST_POSITIONS, 0)), f"{place}: {len(control)} control tokens")
    check((control >= FIRST_POSITIONS).all() and (full.reason == kept.reason | FULL).all(), f"{place}: control tokens among the first")
    differ = kept.reason != expected_reason(full, control)
    check(not differ.any(), f"{place}: rows kept for other reasons at (layer, position) {np.argwhere(differ)[:4].tolist()}")
    for name, values in full.values.items():
        at = kept.reason > 0
        check(np.array_equal(values[at], kept.values[name][at], equal_nan=True), f"{place}: {name} differs")
    return len(control), int((kept.reason > 0).sum())


def check_occurrences(full, kept):
    counts = collections.Counter(full.token_id.tolist())
    for sample in (full, kept):
        recorded = sample.token_id >= 0
        check((recorded == (sample.reason > 0).any(axis=0)).all(), f"sample {full.number}: recorded tokens are not those of the rows")
        check(all(sample.occurrences[t] == counts[full.token_id[t]] for t in np.flatnonzero(recorded)), f"sample {full.number}: occurrences")


def statistics_of(values):
    values = values[~np.isnan(values)].astype(np.float64)
    n = len(values)
    out = {"count": n, "mean": values.mean() if n else np.nan, "standard deviation": values.std(ddof=1) if n > 1 else np.nan}
    return out | {name: np.quantile(values, q) if n else np.nan for name, q in QUANTILES.items()}


def check_statistics(full, kept):
    """Of every quantity and layer; cosines by absolute value behind the candidate. The file has float32."""
    names, worst = list(statistics_of(np.zeros(2))), 0
    for quantity, values in full.values.items():
        columns = [(values, 0)] if values.ndim == 2 else [(np.abs(values[:, :, c]), at + 1) for c, at in enumerate(full.candidates)]
        for c, (column, begin) in enumerate(columns):
            for l in range(full.n_layers + 1):
                expected = np.array([statistics_of(column[l, begin:])[name] for name in names])
                for sample in (full, kept):
                    stored = sample.background[quantity][l] if values.ndim == 2 else sample.background[quantity][l, c]
                    scale = np.nanmax(np.abs(expected[1:]), initial=1e-30)
                    off = np.abs(stored - expected) / np.where(np.arange(len(names)) == 0, 1, scale)
                    check((np.isnan(stored) == np.isnan(expected)).all() and not (off > 2e-6).any(),
                          f"sample {full.number}, layer {l}, {quantity}: {stored} instead of {expected}")
                    worst = max(worst, np.nanmax(off))
    return worst


def table(path):
    with open(path, newline="") as lines:
        return list(csv.DictReader(lines))


def check_same_ids(results, full):
    """By the rule that scaling.csv names."""
    row = table(os.path.join(results, "scaling.csv"))[0]
    kind = "kind" if row["rule"] == "paper" else "kind_relative"
    sinks = collections.Counter((int(s["sample"]), int(s["token_id"])) for s in table(os.path.join(results, "sinks.csv")) if s[kind] == "secondary")
    others = sum((full[number].token_id == token).sum() - n for (number, token), n in sinks.items())
    check(int(row["same_id_sinks"]) == sum(sinks.values()), f"{row['same_id_sinks']} secondary sinks, {sum(sinks.values())} in sinks.csv")
    check(int(row["same_id_others"]) == others, f"{row['same_id_others']} others of the same ids, {others} in the texts")
    return sum(sinks.values()), others


def main():
    full, kept = units.read(sys.argv[1]), units.read(sys.argv[2])
    check(full.keys() == kept.keys() and len(full) > 0, "other samples")
    for number in sorted(full):
        control, rows = check_rows(full[number], kept[number])
        check_occurrences(full[number], kept[number])
        worst = check_statistics(full[number], kept[number])
        print(f"sample {number}: {full[number].n_tokens} tokens, {control} control tokens, {rows} rows kept, statistics off by {worst:.1e} at most")
    print("secondary sinks and others of the same ids:", check_same_ids(sys.argv[2], full))
    print("\n".join(wrong[:20]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
