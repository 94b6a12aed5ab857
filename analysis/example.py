#!/usr/bin/env python3
"""Opens a results folder with xarray: prints what summary.nc says of each model, counts rows of the unit files, and
redraws one figure of the report, the primary's and the secondary sinks' score over depth.

Needs xarray, netCDF4, matplotlib (Debian: python3-xarray python3-netcdf4 python3-matplotlib).
Usage: analysis/example.py RESULTS FIGURE.svg
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import xarray as xr  # noqa: E402


def print_models(summary):
    columns = ["n_params", "n_layers", "n_levels", "secondary_count", "level_share", "weakening"]
    print(summary[columns].to_dataframe().to_string(float_format=lambda x: f"{x:.4g}"))


def print_units(results):
    """A unit's rows are flat columns: one a recorded token and layer, with its text one index away."""
    for path in sorted(Path(results, "units").glob("*.nc")):
        with xr.open_dataset(path) as unit:
            strongest = unit["sink_score"].argmax("row")
            text = str(unit["token_text"][unit["row_token"][strongest]].item())
            print(f"{path.name[:12]}  {unit.attrs['model']}, {unit.sizes['sample']} texts, {unit.sizes['row']} rows; "
                  f"most attention: {unit['sink_score'][strongest].item():.3f} on {text!r} at layer "
                  f"{unit['row_layer'][strongest].item()}")


def draw_scores(summary, path):
    figure, axes = plt.subplots(summary.sizes["model"], 1, figsize=(5, 2.4 * summary.sizes["model"]), sharex=True,
                                squeeze=False)
    for i, axis in enumerate(axes[:, 0]):
        model = summary.isel(model=i)
        axis.plot(model["depth_primary_score"], color="#0072B2", label="primary")
        axis.plot(model["depth_secondary_score"], color="#D55E00", linestyle="--", label="secondary, sum")
        axis.set_title(str(model["model"].item()), fontsize=9)
        axis.set_ylabel("sink score")
    axes[0, 0].legend(frameon=False)
    axes[-1, 0].set_xlabel("layer")
    figure.tight_layout()
    figure.savefig(path)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results, picture = sys.argv[1:]
    with xr.open_dataset(Path(results, "summary.nc")) as summary:
        print_models(summary)
        print_units(results)
        draw_scores(summary, picture)
    print(picture)


if __name__ == "__main__":
    main()
