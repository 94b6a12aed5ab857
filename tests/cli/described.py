#!/usr/bin/env python3
"""Whether a NetCDF file explains itself: by xarray, as a reader without a manual would open it.

described.py FILE...    long_name everywhere, units on numbers, flags with meanings, coordinates that exist, provenance. Exit status 1: lacks.
"""

import json
import sys

import numpy as np
import xarray as xr

RAGGED = {"token", "record", "row", "level", "sink", "primary", "candidate", "head"}  # counted off, without coordinates of their own
wrong = []


def check(condition, text):
    if not condition:
        wrong.append(text)


def check_variable(name, variable):
    attributes = variable.attrs
    check(len(attributes.get("long_name", "")) > 3, f"{name}: no long_name")
    if variable.dtype.kind == "f":
        check(attributes.get("units"), f"{name}: no units")
        check("_FillValue" in variable.encoding and np.isnan(variable.encoding["_FillValue"]), f"{name}: missing values are not NaN")
    if variable.dtype == np.uint8:
        values = attributes.get("flag_values", attributes.get("flag_masks"))
        meanings = attributes.get("flag_meanings", "").split()
        check(values is not None and len(np.atleast_1d(values)) == len(meanings) > 0, f"{name}: flags without meanings")
        check(values is None or np.atleast_1d(values).dtype == np.uint8, f"{name}: flags of another type than the variable's")


def check_file(path):
    with xr.open_dataset(path) as data:
        check(data.attrs["Conventions"].startswith("CF-1."), f"{path}: no CF convention")
        for name, variable in data.variables.items():
            check_variable(name, variable)
            for coordinate in variable.encoding.get("coordinates", "").split():
                check(coordinate in data.coords, f"{name}: no coordinate {coordinate}")
        for dimension in data.sizes:
            check(dimension in RAGGED or dimension in data.coords, f"{path}: dimension {dimension} has no coordinate")
        provenance = json.loads(data.attrs["provenance"]) if "provenance" in data.attrs else data.attrs
        for key in ("experiment", "revision"):
            check(len(provenance.get(key, "")) > 0, f"{path}: no {key}")
        check("provenance" not in data.attrs or {"compiler", "netcdf", "openblas"} <= provenance["versions"].keys(), f"{path}: no versions")
        check("model_fingerprint" in data.attrs or all(len(f) == 64 for f in data["model_fingerprint"].values), f"{path}: no fingerprint")
        check("sinkgrid" in data.attrs["source"], f"{path}: no version")
        print(f"{path}: {len(data.variables)} variables, dimensions {dict(data.sizes)}, revision {provenance.get('revision')}")


def main():
    for path in sys.argv[1:]:
        check_file(path)
    print("\n".join(wrong))
    sys.exit(1 if wrong or len(sys.argv) < 2 else 0)


if __name__ == "__main__":
    main()
