# Sourced by the tests on a private Slurm of three nodes, after mpi/lib.sh: starts it or
# skips the test; helpers about jobs. $job is the job at hand.
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

state() { squeue -h -t all -j "$job" -o %T 2>/dev/null; }
field() { scontrol show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
ended() { case $(state) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) return 0 ;; *) return 1 ;; esac; }
# A job that is about to be queued again passes through FAILED.
over() { ended && { [ "$(state)" = COMPLETED ] || { sleep 5; ended; }; }; }
# A job that was queued again waits for two minutes; it is told to start now.
follow() {
    local end=$((SECONDS + 280))
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
