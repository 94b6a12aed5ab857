#!/bin/bash
# A job of srun loses a node: Slurm queues it again, and it completes without
# computing anything twice that was stored. Needs root, slurm-wlm and munge.
. "$(dirname "$0")/../mpi/lib.sh"
. "$(dirname "$0")/lib.sh"
plan 4

plant --samples 250 --tokens 300
echo 'pipeline = { shard = 2; };' >>"$scratch/grid/experiment.cfg"
cd "$scratch/grid" || exit 1
results=$scratch/srun
"$SINKGRID" batch slurm experiment.cfg --nodes 3 --cores 2 --threads 1 --node-memory 2G --time 10:00 \
    --set "results=\"$results\"" >job.sh
job=$(SINKGRID_LAUNCH="srun --mpi=pmix" sbatch --parsable job.sh)
ok "srun starts the ranks" wait_for 120 has_stored srun 5
before=$(fingerprint srun)
lose_node() { # every process of the third node; its slurmd is started again
    local pid space
    space=$(readlink "/proc/$(cat "$slurm/slurmd.n3.pid")/ns/uts")
    for pid in $(ls /proc | grep -E '^[0-9]+$'); do
        [ "$(readlink "/proc/$pid/ns/uts" 2>/dev/null)" = "$space" ] && kill -KILL "$pid" 2>/dev/null
    done
    wait_for 60 eval '[ "$(state)" != RUNNING ]' || return 1
    rm -rf "$slurm"/tmp/n3/* "$slurm"/spool/n3/* # as a node that starts anew
    bash "$here/cluster.sh" node "$slurm" n3
}
ok "a node is lost, and the job with it" lose_node
ok "queued again it completes, and nothing stored was computed twice" eval \
    'follow && [ -z "$(comm -13 <(fingerprint srun) <(echo "$before"))" ]'
ok "the results equal those of one process" eval 'run 0 one && same one srun'
