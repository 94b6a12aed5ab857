#!/bin/bash
# A grid on a Slurm cluster of three nodes (all on this machine): the script that `batch`
# writes is submitted, stopped by its time limit, queued again until all is done; the
# results equal those of one process. Needs root, slurm-wlm and munge.
. "$(dirname "$0")/../mpi/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || skip_all "needs root to start a private Slurm"
for tool in slurmctld slurmd munged unshare mpirun; do
    command -v $tool >/dev/null || skip_all "$tool is not installed (slurm-wlm, munge)"
done
[ -d /sys/fs/cgroup/cpuset ] || [ -d /sys/fs/cgroup/freezer ] || skip_all "slurmd wants a mounted cgroup v1 here"

unset OMPI_MCA_orte_tmpdir_base OMPI_MCA_btl_vader_backing_directory # nodes have their own
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
slurm=$scratch/s
chmod 755 "$scratch" # munged wants its socket within reach of all
cleanup() { bash "$here/cluster.sh" down "$slurm" >/dev/null 2>&1; }
bash "$here/cluster.sh" up "$slurm" 3 2 >"$scratch/out" 2>&1 || { note <"$scratch/out"; skip_all "a private Slurm does not start here"; }
up_since=$SECONDS
export SLURM_CONF=$slurm/slurm.conf
plan 8

plant --samples "${SAMPLES:-250}" --tokens 300
echo 'pipeline = { shard = 2; };' >>"$scratch/grid/experiment.cfg"
cd "$scratch/grid" || exit 1
results=$scratch/cluster
ok "a script is made from the plan" eval '"$SINKGRID" batch slurm experiment.cfg --nodes 3 --cores 2 --threads 1 \
    --node-memory 2G --time 60 --set "results=\"$results\"" >job.sh'
ok "it asks for three nodes" grep -q '^#SBATCH --nodes=3' job.sh

state() { squeue -h -t all -j "$job" -o %T 2>/dev/null; }
field() { scontrol show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
ended() { case $(state) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) return 0 ;; *) return 1 ;; esac; }
# A job that is about to be queued again passes through FAILED.
over() { ended && { [ "$(state)" = COMPLETED ] || { sleep 5; ended; }; }; }
# A job that was queued again waits for two minutes; it is told to start now.
follow() {
    local end=$((SECONDS + 280)) starts=0
    until over; do
        [ $SECONDS -lt $end ] || { echo "state $(state) after 280 s"; return 1; }
        [ "$(state)" = PENDING ] && scontrol update jobid="$job" starttime=now 2>/dev/null
        sleep 0.5
    done
    [ "$(state)" = COMPLETED ] && return 0
    echo "state $(state), restarts $(field Restarts)"
    scontrol show job "$job"
    cat ./*.log
    return 1
}

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
