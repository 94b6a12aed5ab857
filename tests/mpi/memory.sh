#!/bin/bash
# What `plan` says of a rank's memory is what the ranks take: their greatest resident size,
# as the system counts it, lies below the estimate and not far below.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "needs python3 to ask for a child's greatest size"
plan 4

"$SINKGRID" plant "$scratch/grid" --width 320 --layers 32 --levels 2 --samples 4 --tokens 400 >/dev/null || exit 1
cat >"$scratch/measure.py" <<'PYTHON'
import os, resource, subprocess, sys

status = subprocess.call(sys.argv[2:])
with open(f"{sys.argv[1]}.{os.environ.get('OMPI_COMM_WORLD_RANK') or os.environ.get('PMI_RANK', '0')}", "w") as out:
    out.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024}\n")
sys.exit(status)
PYTHON

exec 3>&1
# fits PERCENT RANKS OPTION...: the largest working rank takes 60 to so many per cent of the estimate.
fits() {
    local most=$1 n=$2 planned taken
    shift 2
    rm -f "$scratch"/peak.*
    planned=$("$SINKGRID" plan "$scratch/grid/experiment.cfg" --gflops 10 --json "$@" | sed -n 's/^  "stage_bytes": \([0-9]*\),/\1/p')
    "$MPIRUN" -n "$n" python3 "$scratch/measure.py" "$scratch/peak" "$SINKGRID" run "$scratch/grid/experiment.cfg" \
        --set "results=\"$scratch/memory\"" "$@" || return 1
    rm -rf "$scratch/memory"
    [ "$n" = 1 ] || rm "$scratch/peak.0"
    taken=$(sort -n "$scratch"/peak.* | tail -n 1)
    echo "# planned $planned, taken $taken" >&3
    [ $((100 * taken)) -le $((most * planned)) ] && [ $((100 * taken)) -ge $((60 * planned)) ]
}
ok "one stage" fits 105 2
ok "two stages" fits 105 3 --set pipeline.stages=2
ok "every token recorded" fits 105 2 --set 'record="full"'
# It also holds what a master has: the plan, tokenizers, pages of the files that it fingerprinted.
ok "one process, master and worker" fits 125 1
