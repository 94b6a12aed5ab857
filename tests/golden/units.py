"""The unit files of a results folder as arrays, by netCDF4: not by the program's own reader."""

import glob
import os
from dataclasses import dataclass

import netCDF4
import numpy as np


@dataclass
class Sample:
    number: int
    n_layers: int
    n_tokens: int
    fingerprint: str
    candidates: list
    token_id: np.ndarray  # (T,), -1 where not recorded
    occurrences: np.ndarray  # (T,) of that id in the sample, 0 where not recorded
    reason: np.ndarray  # (L+1, T), 0 where not recorded
    values: dict  # name -> (L+1, T), or (L+1, T, C) relative to the candidates; NaN where not recorded
    statistics: list  # "mean", "q50", ...
    background: dict  # name -> (L+1, statistics) or (L+1, C, statistics)

    def quantity(self, name, primary):
        """(L+1, T), relative to the candidate at position `primary` where it is relative; row L: after the final norm."""
        values = self.values[name]
        return values if values.ndim == 2 else values[:, :, self.candidates.index(primary)]

    def statistic(self, name, which, primary):
        """(L+1,)"""
        values = self.background[name]
        values = values if values.ndim == 2 else values[:, self.candidates.index(primary)]
        return values[:, self.statistics.index(which)]


def column(file, name):
    values = file[name][:]
    return values.filled(np.nan) if np.ma.isMaskedArray(values) and values.dtype.kind == "f" else np.asarray(values)


def scatter(shape, at, values):
    out = np.full(shape + values.shape[1:], np.nan)
    out[at] = values
    return out


def samples_of(path):
    with netCDF4.Dataset(path) as file:
        n_layers = int(file.n_layers)
        rows = {name: column(file, name) for name in ("row_sample", "row_layer", "position", "reason")}
        records = {name: column(file, name) for name in ("record_sample", "record_layer")}
        tokens = {name: column(file, name) for name in ("token_sample", "token_position", "token_id", "token_occurrences")}
        values = {v[: -len("_background")]: column(file, v[: -len("_background")]) for v in file.variables if v.endswith("_background")}
        background = {name: column(file, f"{name}_background") for name in values}
        for i, number in enumerate(column(file, "sample")):
            n_tokens = int(file["n_tokens"][i])
            row, record, token = (x[f"{k}_sample"] == number for k, x in (("row", rows), ("record", records), ("token", tokens)))
            ids, occurrences, reason = np.full(n_tokens, -1), np.zeros(n_tokens, int), np.zeros((n_layers + 1, n_tokens), int)
            ids[tokens["token_position"][token]] = tokens["token_id"][token]
            occurrences[tokens["token_position"][token]] = tokens["token_occurrences"][token]
            reason[rows["row_layer"][row], rows["position"][row]] = rows["reason"][row]
            yield Sample(
                int(number), n_layers, n_tokens, str(file["sample_fingerprint"][i]),
                [int(c) for c in column(file, "candidate_position")[i] if c >= 0], ids, occurrences, reason,
                {k: scatter((n_layers + 1, n_tokens), (rows["row_layer"][row], rows["position"][row]), v[row]) for k, v in values.items()},
                list(column(file, "statistic")),
                {k: scatter((n_layers + 1,), records["record_layer"][record], v[record]) for k, v in background.items()})


def read(results):
    """{number: Sample} of a results folder with one model and one prompt set."""
    found = {}
    for path in sorted(glob.glob(os.path.join(results, "units", "*.nc"))):
        for sample in samples_of(path):
            if sample.number in found:
                raise ValueError(f"{path}: sample {sample.number} is stored twice")
            found[sample.number] = sample
    return found
