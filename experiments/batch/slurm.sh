#!/bin/bash
# A sinkgrid job for Slurm: several nodes, several ranks on each, threads in every rank.
# As it stands it runs experiments/demo.cfg: sbatch experiments/batch/slurm.sh
# `sinkgrid batch slurm EXPERIMENT` fills the values in from the plan.
#
# Name in the queue and in the log's name.
#SBATCH --job-name=sinkgrid
# Nodes, and ranks on each. Rank 0 hands out the work and computes nothing itself.
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=4
# Cores of one rank, which are its OpenMP threads. Ranks times cores should fill a node.
#SBATCH --cpus-per-task=1
# Memory of one node: that of the largest stage for every rank on it. Model files are
# mapped, so their pages count, but the system may drop and read them again.
#SBATCH --mem=2G
# Time limit of one go, not of the whole grid: what is missing then is done in the next.
#SBATCH --time=01:00:00
# Slurm sends USR1 to this script so many seconds before the limit (limits are checked
# every 30 s): longer than the longest orderly stop, plus 60.
#SBATCH --signal=B:USR1@180
# After a preemption or the loss of a node the same job starts again; its log goes on.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
# One task a model instead of one job for all: numbers of `models` below, %N at a time.
##SBATCH --array=0-2
# Where and on whose account, if your site asks for it.
##SBATCH --partition=NAME
##SBATCH --account=NAME

set -u
sinkgrid=./build/sinkgrid
experiment=experiments/demo.cfg
results=results/demo
options=()
models=(planted-1 planted-2 planted-3)
# How often a job may start again without having stored anything.
tries=3

# Threads sit on the cores of their rank, one a core.
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1} OMP_PLACES=cores OMP_PROC_BIND=close

# An array task measures its own model in a folder of its own: one run a folder.
folder=$results
summarize=("$sinkgrid" summarize "$experiment" "${options[@]}")
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    model=${models[$SLURM_ARRAY_TASK_ID]}
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

# mpirun takes the nodes from the allocation; every rank is bound to its own cores.
# The other way: launch=(srun --mpi=pmix --cpus-per-task="$OMP_NUM_THREADS" --cpu-bind=cores)
launch=(mpirun -n "$SLURM_NTASKS" --map-by "ppr:${SLURM_NTASKS_PER_NODE:-1}:node:PE=$OMP_NUM_THREADS" --bind-to core)
if [ -n "${SINKGRID_LAUNCH:-}" ]; then
    read -r -a launch <<<"$SINKGRID_LAUNCH"
fi

# mpirun passes USR1 to all ranks: they finish or drop what runs, and sinkgrid ends with
# 75. A trapped signal ends `wait` early, so it is repeated.
got=0
trap 'got=1; kill -USR1 $child' USR1
"${launch[@]}" "$sinkgrid" run "$experiment" "${options[@]}" &
child=$!
wait $child
status=$?
while [ $got = 1 ]; do
    got=0
    wait $child
    status=$?
done

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
case $status in
0 | 1 | 2) ;;
*)
    if [ "$(stored)" -gt "$before" ] || [ "${SLURM_RESTART_COUNT:-0}" -lt $tries ]; then
        scontrol requeue "$SLURM_JOB_ID"
    fi
    ;;
esac
exit $status
