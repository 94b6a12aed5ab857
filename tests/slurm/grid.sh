#!/bin/bash
# A grid on a Slurm cluster of three nodes (all on this machine): the script that `batch`
# writes is submitted, stopped by its time limit, queued again until all is done; the
# results equal those of one process. Needs root, slurm-wlm and munge.
. "$(dirname "$0")/../mpi/lib.sh"
. "$(dirname "$0")/lib.sh"
plan 8

plant --samples "${SAMPLES:-250}" --tokens 300
echo 'pipeline = { shard = 2; };' >>"$scratch/grid/experiment.cfg"
cd "$scratch/grid" || exit 1
results=$scratch/cluster
ok "a script is made from the plan" eval '"$SINKGRID" batch slurm experiment.cfg --nodes 3 --cores 2 --threads 1 \
    --node-memory 2G --time 60 --set "results=\"$results\"" >job.sh'
ok "it asks for three nodes" grep -q '^#SBATCH --nodes=3' job.sh

# Limits are looked at every 30 s. The job has a few seconds before the next look, and
# more work than fits into them on the two cores that all nodes share.
wait_until=$(((SECONDS - up_since) / 30 * 30 + up_since + 21))
[ $SECONDS -le $wait_until ] || wait_until=$((wait_until + 30))
sleep $((wait_until - SECONDS))
ok "the job is taken" eval 'job=$(sbatch --parsable job.sh) && [ -n "$job" ]'
ok "the time limit stops it, it is queued again, and completes" follow
restarts=$(field Restarts)
ok "it was stopped at least once ($restarts times)" test "${restarts:-0}" -ge 1
cat ./*.log >"$scratch/run.out" 2>/dev/null
ok "ranks on all three nodes worked" eval 'grep -q "of 3 nodes" "$scratch/run.out"'
ok "each stop was in order" eval '[ "$(grep -c "no more work is handed out" "$scratch/run.out")" -ge "$restarts" ]'
ok "the results equal those of one process" eval 'run 0 one && same one cluster'
