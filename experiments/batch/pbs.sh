#!/bin/bash
# A sinkgrid job for PBS (OpenPBS, PBS Professional): several nodes, several ranks on
# each, threads in every rank. As it stands it runs experiments/demo.cfg:
# qsub experiments/batch/pbs.sh
# `sinkgrid batch pbs EXPERIMENT` fills the values in from the plan.
#
# Name in the queue.
#PBS -N sinkgrid
# Nodes; cores, ranks, threads a rank and memory of each. Rank 0 hands out the work and
# computes nothing itself. Torque instead: -l nodes=1:ppn=4
#PBS -l select=1:ncpus=4:mpiprocs=4:ompthreads=1:mem=2gb
# Time limit of one go, not of the whole grid: what is missing then is done in the next.
#PBS -l walltime=01:00:00
# After the loss of a node the job may start again.
#PBS -r y
# One log for both outputs.
#PBS -j oe
# One task a model instead of one job for all: numbers of `models` below.
##PBS -J 0-2
# Where and on whose account, if your site asks for it.
##PBS -q NAME
##PBS -A NAME

set -u
walltime=01:00:00
threads=1
# Where this script lies, from the folder where qsub is called. PBS runs a copy, so a job
# knows no other name by which to submit itself again: rename both.
script=experiments/batch/pbs.sh
sinkgrid=./build/sinkgrid
experiment=experiments/demo.cfg
results=results/demo
options=()
models=(planted-1 planted-2 planted-3)
# How often a job may be submitted again without having stored anything.
tries=3

cd "${PBS_O_WORKDIR:-.}" || exit 2
# Said now, not when the time is up. An array does not submit itself again.
if [ -z "${PBS_ARRAY_INDEX:-}" ] && [ ! -f "$script" ]; then
    echo "$script: not there from $PWD, so this job could not submit itself again: save the script so or change script=" >&2
    exit 2
fi
# Threads sit on the cores of their rank, one a core.
export OMP_NUM_THREADS=$threads OMP_PLACES=cores OMP_PROC_BIND=close

# An array task measures its own model in a folder of its own: one run a folder.
folder=$results
summarize=("$sinkgrid" summarize "$experiment" "${options[@]}")
if [ -n "${PBS_ARRAY_INDEX:-}" ]; then
    model=${models[$PBS_ARRAY_INDEX]}
    folder=$results-$model
    options+=(--model "$model" --set "results=\"$folder\"")
    # What failed is tried again, and recorded anew if it fails again.
    for file in "$folder"/failed/*.txt; do
        rm -f "$results/failed/${file##*/}"
    done
fi

# Units that lie in its folder.
stored() { find "$folder/units" -name '*.nc' 2>/dev/null | wc -l; }
before=$(stored)

# PBS sends no early warning: sinkgrid itself stops three minutes before the limit.
IFS=: read -r hours minutes seconds <<<"$walltime"
limit=$((10#$hours * 3600 + 10#$minutes * 60 + 10#$seconds - 180))
options+=(--time-limit $((limit > 60 ? limit : 60)))

# The node file names a node once a rank; an Open MPI that was built with PBS support
# needs none. Every rank is bound to its own cores.
launch=(mpirun --map-by "slot:PE=$OMP_NUM_THREADS" --bind-to core)
if [ -n "${PBS_NODEFILE:-}" ]; then
    launch+=(-n "$(wc -l <"$PBS_NODEFILE")" --hostfile "$PBS_NODEFILE")
fi
if [ -n "${SINKGRID_LAUNCH:-}" ]; then
    read -r -a launch <<<"$SINKGRID_LAUNCH"
fi

"${launch[@]}" "$sinkgrid" run "$experiment" "${options[@]}"
status=$?

# Array tasks bring together what they stored and what failed, a unit's record under its
# name: each file complete or absent.
if [ "$folder" != "$results" ]; then
    for file in "$folder"/units/*.nc "$folder"/failed/*.txt; do
        to=$results${file#"$folder"}
        [ -e "$file" ] && [ ! -e "$to" ] || continue
        mkdir -p "${to%/*}"
        cp "$file" "$to.$$.tmp" && mv "$to.$$.tmp" "$to"
    done
    echo "once all tasks are done: ${summarize[*]@Q}"
fi

# 0 complete, 1 some units failed, 2 wrong experiment: over. 75: there is more to do.
# Anything else is a lost rank or node. So again, but not for ever where nothing gets done.
# An array task cannot submit itself again alone: submit the array again, finished units
# are not repeated.
try=$((${SINKGRID_TRY:-0} + 1))
[ "$(stored)" -gt "$before" ] && try=0
case $status in
0 | 1 | 2) ;;
*) [ -n "${PBS_ARRAY_INDEX:-}" ] || [ $try -gt $tries ] || qsub -v "SINKGRID_TRY=$try" "$script" ;;
esac
exit $status
