#!/bin/bash
# How well ranks are used, in interleaved pairs on this machine: medians with their range.
#   pipeline  2 stages of one thread on 2 cores against 1 rank with one thread (limit 1.8)
#   grid      2 workers with one thread against the work bound: half of what 1 rank takes (limit 0.95)
#   master    processor time a unit of the master (limit 1 ms)
# usage: tests/bench/grid.sh [--only pipeline|grid|master]... [--pairs N] [--model PATH --prompts FILE]
#   without a model the pipeline runs a planted one. SINKGRID: the program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
abs_top_srcdir=$(cd "$here/../.." && pwd)
# Open MPI's default, where the machine allows it: the receiver copies by itself, while the sender computes.
: "${OMPI_MCA_btl_vader_single_copy_mechanism:=cma}"
. "$abs_top_srcdir/tests/environment"
: "${SINKGRID:=$abs_top_srcdir/build/sinkgrid}" "${MPIRUN:=mpirun}"
pairs=7 model= prompts= only=()
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage; exit 0 ;;
    --only) only+=("${2:?--only needs a name}") ;;
    --pairs) pairs=${2:?--pairs needs a number} ;;
    --model) model=${2:?--model needs a path} ;;
    --prompts) prompts=${2:?--prompts needs a file} ;;
    *) usage >&2; exit 2 ;;
    esac
    shift 2
done
[ ${#only[@]} -gt 0 ] || only=(pipeline grid master)
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

# compare NAME LIMIT FACTOR EXPERIMENT OPTION...: 1 computing rank against 2, these with OPTIONs.
compare() {
    local name=$1 limit=$2 factor=$3 experiment=$4 one two
    shift 4
    for _ in $(seq "$pairs"); do
        one=$(seconds 2 "$experiment")
        two=$(seconds 3 "$experiment" "$@")
        echo "$one $two"
    done | ratios "$name" "$limit" "$factor"
}

# ---- what is measured ----

measure_pipeline() {
    local experiment=$scratch/pipeline/experiment.cfg
    if [ -n "$model" ]; then
        mkdir "$scratch/pipeline"
        cat >"$experiment" <<CFG
name = "pipeline"; results = "results";
models = ( { name = "model"; path = "$model"; } );
prompt_sets = ( { name = "prompts"; path = "$prompts"; max_tokens = 2048; limit = 12; } );
CFG
    else
        "$SINKGRID" plant "$scratch/pipeline" --layers 32 --width 256 --samples 8 --tokens 1000 >/dev/null
        echo 'pipeline = { shard = 8; };' >>"$experiment"
    fi
    compare pipeline 1.8 1 "$experiment" --set pipeline.stages=2
}

measure_grid() {
    "$SINKGRID" plant "$scratch/grid" --width 256 --samples 160 --tokens 300 >/dev/null
    compare grid 0.95 0.5 "$scratch/grid/experiment.cfg"
}

measure_master() {
    "$MPIRUN" -n 3 "$(dirname "$SINKGRID")/tests/bench/master"
    "$(dirname "$SINKGRID")/tests/bench/master"
}

for name in "${only[@]}"; do
    case $name in
    pipeline | grid | master) "measure_$name" ;;
    *) echo "tests/bench/grid.sh: nothing is named $name" >&2; usage >&2; exit 2 ;;
    esac
done
