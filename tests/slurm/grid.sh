#!/bin/bash
# A grid on a Slurm cluster of three nodes (all on this machine): the script that `batch`
# writes is submitted, stopped by its time limit, queued again, and completes; the results
# equal those of one process. Needs root, slurm-wlm and munge.
#
# Slurm looks at limits every 30 s, and a machine may be fast or slow: so the working ranks
# are frozen once some units are stored, until Slurm has told the job to stop. The second
# go has time enough. Nothing here depends on how long anything takes.
. "$(dirname "$0")/../mpi/lib.sh"
. "$(dirname "$0")/lib.sh"
plan 14

plant --samples 80 --tokens 150
echo 'pipeline = { shard = 2; };' >>"$scratch/grid/experiment.cfg"
cd "$scratch/grid" || exit 1
results=$scratch/cluster
ok "a script is made from the plan" eval '"$SINKGRID" batch slurm experiment.cfg --nodes 3 --ranks-per-node 2 --threads 1 \
    --node-memory 2G --time 60 --set "results=\"$results\"" >job.sh'
ok "it asks for three nodes" grep -q '^#SBATCH --nodes=3' job.sh
ok "the job is taken" eval 'job=$(sbatch --parsable job.sh) && [ -n "$job" ]'

logged() { cat ./*.log 2>/dev/null >"$scratch/run.out"; grep -q "$1" "$scratch/run.out"; }
ok "it stores units" wait_for 120 has_stored cluster 1
ok "its working ranks are frozen" signal_workers STOP 5
ok "status sees the run from outside" eval '"$SINKGRID" status "$results" | grep -q "^run  *running on n1"'
ok "the one process to compare with" run 0 one

# Meanwhile, beside it: the other ways to start one.
"$SINKGRID" plant "$scratch/small" --family-size 2 --samples 4 --tokens 60 >/dev/null
small() { # SYSTEM FOLDER OPTION...: a script for a small grid
    "$SINKGRID" batch "$1" "$scratch/small/experiment.cfg" --nodes 2 --ranks-per-node 2 --threads 1 --node-memory 1G \
        --time 30:00 --set "results=\"$scratch/$2\"" --name "$2" "${@:3}"
}
small slurm srun >srun.sh && srun_job=$(SINKGRID_LAUNCH="srun --mpi=pmix" sbatch --parsable srun.sh)
small slurm array --array >array.sh && array_job=$(sbatch --parsable array.sh)
small pbs pbs --script "$PWD/job.pbs" >job.pbs && pbs_job=$(qsub job.pbs 2>"$scratch/qsub")
"$SINKGRID" run "$scratch/small/experiment.cfg" --set "results=\"$scratch/small_one\"" >/dev/null 2>&1

ok "Slurm's time limit stops the job in order" eval 'wait_for 180 logged "no more work is handed out" && signal_workers CONT 5'
ok "it is queued again, and completes" follow
ok "it was stopped once, knew its limit from Slurm, and all three nodes worked" \
    eval '[ "$(field Restarts)" = 1 ] && logged "the time limit leaves [1-9][0-9]* s" && logged "of 3 nodes"'
ok "the results equal those of one process" same one cluster

is_completed() { [ "$(squeue -h -t all -j "$1" -o %T | sort -u)" = COMPLETED ]; } # JOB: every task of it
completes() { wait_for 180 is_completed "$1" || { squeue -t all -j "$1"; return 1; }; }
ok "srun starts the ranks as well as mpirun" eval 'completes $srun_job && same small_one srun'
# Its last task prints how to make the tables of all.
ok "an array, one task a model, brings its units together" eval 'completes $array_job && same small_one array &&
    eval "$(sed -n "s/^once all tasks are done: //p" array-*_1.log)" && cmp "$scratch/small_one/sinks.csv" "$scratch/array/sinks.csv"'
if command -v qsub >/dev/null; then
    ok "qsub takes the script for PBS, and it runs" eval 'completes $pbs_job && same small_one pbs'
else
    skip "qsub takes the script for PBS" "slurm-wlm-torque is not installed"
fi
