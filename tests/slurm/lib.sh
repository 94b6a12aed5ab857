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
bash "$here/cluster.sh" up "$slurm" 3 4 >"$scratch/out" 2>&1 || { note <"$scratch/out"; skip_all "a private Slurm does not start here"; }
export SLURM_CONF=$slurm/slurm.conf

state() { squeue -h -t all -j "$job" -o %T 2>/dev/null; }
field() { scontrol show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# signal_workers SIGNAL N: to the N ranks of the job that compute, on whatever node.
signal_workers() {
    local pids
    pids=$(grep -lzx "SLURM_JOB_ID=$job" /proc/[0-9]*/environ 2>/dev/null |
        xargs -r grep -lzxE '(OMPI_COMM_WORLD_RANK|PMIX_RANK)=[1-9][0-9]*' 2>/dev/null | cut -d/ -f3)
    kill -"$1" $pids
    [ "$(wc -w <<<"$pids")" = "$2" ] || { echo "processes $pids are not $2 ranks"; return 1; }
}

# Until the job has completed. A job that was queued again would wait for two minutes: it
# is told to start soon, with time enough. Nodes refuse a job that they killed in the same
# second, hence the pause. On its way to the queue it may pass through FAILED.
follow() {
    local end=$((SECONDS + 400)) failed=0
    until [ "$(state)" = COMPLETED ]; do
        case $(state) in
        PENDING)
            sleep 3
            scontrol update jobid="$job" timelimit=60 starttime=now 2>/dev/null
            failed=0
            ;;
        FAILED | TIMEOUT | NODE_FAIL) failed=$((failed + 1)) ;;
        *) failed=0 ;;
        esac
        if [ $failed -gt 60 ] || [ $SECONDS -gt $end ]; then
            echo "state $(state), restarts $(field Restarts)"
            scontrol show job "$job"
            cat ./*.log
            return 1
        fi
        sleep 0.5
    done
}
