#!/bin/bash
# Results explain themselves: ncdump -h and xarray read units and summary.nc without a manual, also where there
# are no sinks to list; provenance is that of the program that measured.
. "$(dirname "$0")/../mpi/lib.sh"
for python in python3 /usr/bin/python3 ""; do # Debian's modules are Debian's Python's
    [ -n "$python" ] && "$python" -c 'import xarray, netCDF4' 2>/dev/null && break
done
[ -n "$python" ] || skip_all "no Python with xarray and netCDF4: apt-get install python3-xarray python3-netcdf4"
plan 7

described() { "$python" "$abs_top_srcdir/tests/cli/described.py" "$scratch/$1"/units/*.nc "$scratch/$1/summary.nc"; }
plant --layers 24 --levels 2 --samples 3 --tokens 240 --marks 0.04
ok "planted sinks are measured" run 0 res
ok "xarray finds every variable described" described res
revision=$("$SINKGRID" --version | sed -n 's/^revision *//p')
same_revision() {
    "$python" - "$revision" "$scratch/res/summary.nc" "$scratch"/res/units/*.nc <<'PYTHON'
import json, sys
import netCDF4
revision, summary, *units = sys.argv[1:]
found = {netCDF4.Dataset(summary).revision} | {json.loads(netCDF4.Dataset(unit).provenance)["revision"] for unit in units}
print(f"--version: {revision}; files: {found}")
sys.exit(found != {revision})
PYTHON
}
ok "the revision is that of --version" same_revision
if command -v ncdump >/dev/null; then
    dumped() { ncdump -h "$scratch/res/summary.nc" | grep -q 'layer(layer)' && ncdump -h "$scratch"/res/units/*.nc | grep -q flag_meanings; }
    ok "ncdump reads them" dumped
else
    skip "ncdump reads them" "no ncdump"
fi
plant --layers 24 --levels 0 --samples 2 --tokens 100
ok "a model without secondary sinks is measured" run 0 none
ok "its files are described, too" described none
empty() {
    "$python" -c 'import sys, xarray; data = xarray.open_dataset(sys.argv[1]); sys.exit((data.sizes["sink"], data.sizes["primary"]) != (0, 2))' \
        "$scratch/none/summary.nc" && "$SINKGRID" report "$scratch/none"
}
ok "and have no sinks rather than one of fill values" empty
