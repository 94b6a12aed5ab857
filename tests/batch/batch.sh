#!/bin/bash
# Job scripts: what `sinkgrid batch` prints is a script that Slurm takes; submitted to a
# cluster of three nodes it runs the grid, stops in order on USR1, is queued again and
# completes; the result equals that of one process, bit for bit.
. "$(dirname "$0")/../mpi/lib.sh"
plan 18

templates=$abs_top_srcdir/experiments/batch
program=$SINKGRID
script() { "$SINKGRID" batch "$1" "$scratch/grid/experiment.cfg" --program "$program" "${@:3}" >"$scratch/$2"; }
has() { grep -qxF -- "$2" "$scratch/$1" || { echo "no line $2 in:"; cat "$scratch/$1"; return 1; }; }
# Comment lines and directives alternate: none of the latter stands unexplained at the head of a paragraph.
explained() { awk '/^#(SBATCH|PBS)/ && last ~ /^$/ { exit 1 } { last = $0 }' "$1"; }

plant --family-size 3 --samples 40 --tokens 200
for system in slurm pbs; do
    ok "the $system template is a shell script" bash -n "$templates/$system.sh"
    ok "the $system template explains its lines" explained "$templates/$system.sh"
done

ok "a script for Slurm" script slurm job.sh --nodes 3 --ranks-per-node 2 --threads 1 --time 10:00 --node-memory 1G \
    --set "results=\"$scratch/batch\""
ok "is a shell script" bash -n "$scratch/job.sh"
ok "with the nodes that were asked for" has job.sh "#SBATCH --nodes=3"
ok "with the ranks" has job.sh "#SBATCH --ntasks-per-node=2"
ok "with the time" has job.sh "#SBATCH --time=00:10:00"
ok "with the options of the run" has job.sh "options=('--set' 'results=\"$scratch/batch\"')"
array() { script slurm array.sh --array --threads 1 --cores 4 && has array.sh "#SBATCH --array=0-2" &&
    has array.sh "models=('planted-1' 'planted-2' 'planted-3')"; }
ok "an array has a task for each model" array
pbs() { script pbs job.pbs --nodes 2 --ranks-per-node 3 --threads 2 --time 26:00:00 --node-memory 2G &&
    bash -n "$scratch/job.pbs" && has job.pbs "#PBS -l walltime=26:00:00" &&
    has job.pbs "#PBS -l select=2:ncpus=6:mpiprocs=3:ompthreads=2:mem=2049mb"; }
ok "a script for PBS" pbs

# ---- a cluster ----
reason=
for tool in slurmctld slurmd munged sbatch; do
    command -v $tool >/dev/null || reason="$tool is not installed"
done
[ "$(id -u)" = 0 ] || reason="needs root to start slurmd"
case $MPIRUN in *mpich*) reason="the cluster is used with Open MPI" ;; esac
chmod 755 "$scratch" # munged wants its socket within reach of all
if [ -z "$reason" ]; then
    "$abs_top_srcdir/tests/batch/cluster" up "$scratch/c" 3 4 >"$scratch/out" 2>&1 ||
        reason="no cluster: $(tail -n 1 "$scratch/out")"
fi
if [ -n "$reason" ]; then
    for name in "sbatch takes the scripts" "a job in the queue" "it stops on USR1" "and is queued again" \
        "the second go completes" "equal to one process"; do
        skip "$name" "$reason"
    done
    exit 0
fi
cleanup() { "$abs_top_srcdir/tests/batch/cluster" down "$scratch/c"; sleep 0.5; }
export SLURM_CONF=$scratch/c/slurm.conf
# Nodes of this cluster are all on this machine: no binding, loopback only.
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo SINKGRID_LAUNCH="$MPIRUN --bind-to none"

takes() {
    sbatch --test-only "$scratch/job.sh" && sbatch --test-only "$scratch/array.sh" &&
        sbatch --test-only "$templates/slurm.sh"
}
ok "sbatch takes the scripts" takes
submit() {
    job=$(cd "$scratch" && sbatch --parsable "$scratch/job.sh") && wait_for 60 has_stored batch 2
}
job_state() { squeue -h -t all -j "$job" -o %T 2>/dev/null; }
state_is() { [ "$(job_state)" = "$1" ]; }
restarts() { scontrol show job "$job" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p'; }
job_log() { tail -n 20 "$scratch"/*-"$job".log 2>/dev/null; }
log_on_failure() { "$@" || { job_log; scontrol show job "$job"; return 1; }; }

ok "a job in the queue runs on three nodes" log_on_failure submit
stops() {
    scancel --batch --signal=USR1 "$job" && wait_for 60 state_is PENDING
}
ok "USR1 to the batch script stops it in order" log_on_failure stops
ok "and it is queued again" test "$(restarts)" = 1
before=$(fingerprint batch)
# A job that was queued again waits two minutes, unless it is told to start; that is
# not heard while the first go is still being cleaned up.
started() { scontrol update "jobid=$job" starttime=now; sleep 0.5; ! state_is PENDING; }
completes() {
    wait_for 150 started && wait_for 300 state_is COMPLETED && [ "$(stored batch)" = "$(stored whole)" ] &&
        [ -z "$(comm -13 <(fingerprint batch) <(echo "$before"))" ]
}
run 0 whole
ok "the second go completes, and computes nothing again" log_on_failure completes
ok "the result equals that of one process" same whole batch
