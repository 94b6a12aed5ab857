#!/bin/bash
# Sink rate without a full record: a text of 64 tokens has so few behind the first eight that all are control
# tokens, and every k has its rate; from longer texts the positions that the lot drew, and none for what they are.
. "$(dirname "$0")/lib.sh"
for python in python3 /usr/bin/python3 ""; do
    [ -n "$python" ] && "$python" -c 'import netCDF4' 2>/dev/null && break
done
[ -n "$python" ] || skip_all "no Python that reads NetCDF: apt-get install python3-netcdf4"
plan 5

plant --layers 24 --levels 2 --samples 6 --tokens 240 --marks 0.04
sed -i 's/prompts.jsonl";/& max_tokens = 64;/' "$scratch/grid/experiment.cfg"
rates() { "$python" "$abs_top_srcdir/tests/golden/sink_rates.py" "$@"; }
ok "texts cut to 64 tokens, candidates" run 2 short
ok "the same, all recorded" run 0 full --set 'record="full"'
ok "every Sink_k is counted from the full record" rates units "$scratch/short" "$scratch/full"
sed -i 's/ max_tokens = 64;//' "$scratch/grid/experiment.cfg"
ok "texts of 240 tokens" run 0 long
# 64 of 232 positions are drawn a text: a position has all six texts with probability 0.28^6, none with 0.14.
lot() {
    "$python" - "$scratch/long" <<'PYTHON'
import sys
import netCDF4, numpy
samples = numpy.asarray(netCDF4.Dataset(sys.argv[1] + "/summary.nc")["sink_rate_samples"][0])
print(samples)
sys.exit(not ((samples[:8] == 6).all() and samples[8:].min() < 3 and 0.5 < samples[8:].mean() < 3))
PYTHON
}
ok "positions behind the eighth rest on the texts that drew them" lot
