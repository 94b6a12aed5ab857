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
plan 11

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
ok "Slurm's time limit stops the job in order" eval 'wait_for 180 logged "no more work is handed out" && signal_workers CONT 5'
ok "it is queued again, and completes" follow
ok "it was stopped once, knew its limit from Slurm, and all three nodes worked" \
    eval '[ "$(field Restarts)" = 1 ] && logged "the time limit leaves [1-9][0-9]* s" && logged "of 3 nodes"'
ok "the results equal those of one process" same one cluster
