#!/bin/bash
# How well ranks are used, in interleaved pairs on this machine: medians with their range.
#   pipeline  2 stages of one thread on 2 cores against 1 rank with one thread (limit 1.8)
#   grid      2 workers with one thread against the work bound: half of what 1 rank takes (limit 0.95)
#   master    processor time a unit of the master (limit 1 ms)
# usage: tests/bench/grid.sh [--pairs N] [--model PATH --prompts FILE]
#   without a model the pipeline runs a planted one. SINKGRID: the program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
abs_top_srcdir=$(cd "$here/../.." && pwd)
. "$abs_top_srcdir/tests/environment"
: "${SINKGRID:=$abs_top_srcdir/build/sinkgrid}" "${MPIRUN:=mpirun}"
pairs=7 model= prompts=
while [ $# -gt 0 ]; do
    case $1 in
    --pairs) pairs=$2 ;;
    --model) model=$2 ;;
    --prompts) prompts=$2 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift 2
done
export OMP_NUM_THREADS=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# seconds RANKS EXPERIMENT OPTION...: of the run itself, without start-up of MPI.
seconds() {
    local n=$1 experiment=$2
    shift 2
    rm -rf "$scratch/results"
    "$MPIRUN" -n "$n" "$SINKGRID" run "$experiment" --profile --set "results=\"$scratch/results\"" "$@" \
        >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; exit 1; }
    sed -n 's/^seconds by rank and phase, of \([0-9.]*\).*/\1/p' "$scratch/out"
}

# ratios NAME LIMIT FACTOR: of pairs "a b" on standard input, FACTOR * a / b.
ratios() {
    awk -v f="$3" '{print f * $1 / $2}' | sort -n |
        awk -v name="$1" -v limit="$2" '{r[NR] = $1}
            END {printf "%-10s %.3f (%.3f ... %.3f, %d pairs), limit %s\n", name, r[int((NR + 1) / 2)], r[1], r[NR], NR, limit}'
}

if [ -n "$model" ]; then
    cat >"$scratch/pipeline.cfg" <<CFG
name = "pipeline"; results = "results";
models = ( { name = "model"; path = "$model"; } );
prompt_sets = ( { name = "prompts"; path = "$prompts"; max_tokens = 2048; limit = 6; } );
pipeline = { shard = 6; };
CFG
else
    "$SINKGRID" plant "$scratch/pipeline" --layers 32 --width 256 --samples 8 --tokens 1000 >/dev/null
    cp "$scratch/pipeline/experiment.cfg" "$scratch/pipeline/pipeline.cfg"
    echo 'pipeline = { shard = 8; };' >>"$scratch/pipeline/pipeline.cfg"
    mv "$scratch/pipeline/pipeline.cfg" "$scratch/pipeline/experiment.cfg"
fi
pipeline=$([ -n "$model" ] && echo "$scratch/pipeline.cfg" || echo "$scratch/pipeline/experiment.cfg")
for _ in $(seq "$pairs"); do
    one=$(seconds 2 "$pipeline")
    two=$(seconds 3 "$pipeline" --set pipeline.stages=2)
    echo "$one $two"
done | ratios pipeline 1.8 1

"$SINKGRID" plant "$scratch/grid" --width 256 --samples 160 --tokens 300 >/dev/null
for _ in $(seq "$pairs"); do
    one=$(seconds 2 "$scratch/grid/experiment.cfg")
    two=$(seconds 3 "$scratch/grid/experiment.cfg")
    echo "$one $two"
done | ratios grid 0.95 0.5

"$MPIRUN" -n 3 "$(dirname "$SINKGRID")/tests/bench/master"
"$(dirname "$SINKGRID")/tests/bench/master"
