# Sourced by the tests that start ranks: TAP, a scratch folder, planted models, runs.
# Speaks TAP: plan N; ok NAME COMMAND...; skip_all REASON.
set -u
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$abs_top_srcdir/tests/environment"
: "${SINKGRID:=$abs_top_srcdir/build/sinkgrid}" "${MPIRUN:=mpirun}"
NCSAME=${NCSAME:-$(dirname "$SINKGRID")/tests/mpi/ncsame}
export OMP_NUM_THREADS=1

scratch=$(mktemp -d "${TMPDIR:-/tmp}/sg.XXXXXX")
# What killed jobs leave behind stays in the scratch folder.
export OMPI_MCA_btl_vader_backing_directory=$scratch OMPI_MCA_orte_tmpdir_base=$scratch
trap 'cleanup; rm -rf "$scratch"' EXIT
cleanup() { :; } # tests may define their own

n_points=0
plan() { echo "1..$1"; }
skip_all() { echo "1..0 # SKIP $*"; exit 0; }
note() { sed 's/^/# /'; }

# ok NAME COMMAND...: a test point; what the command printed is shown if it fails.
ok() {
    local name=$1 rc
    shift
    n_points=$((n_points + 1))
    "$@" >"$scratch/out" 2>&1
    rc=$?
    if [ $rc = 0 ]; then
        echo "ok $n_points - $name"
    else
        echo "not ok $n_points - $name"
        tail -n 30 "$scratch/out" | note
        [ -s "$scratch/run.out" ] && tail -n 30 "$scratch/run.out" | note
    fi
    return $rc
}
skip() { n_points=$((n_points + 1)); echo "ok $n_points - $1 # SKIP $2"; }

# A planted family: $scratch/grid with experiment.cfg. More options to `plant` as arguments.
plant() { "$SINKGRID" plant "$scratch/grid" "$@" >"$scratch/out" 2>&1 || { note <"$scratch/out"; exit 1; }; }

# run N FOLDER [OPTION...]: the experiment with N ranks (0: without mpirun) into
# $scratch/FOLDER; output in run.out. Returns the exit status.
run() {
    local n=$1 results=$scratch/$2
    shift 2
    set -- run "$scratch/grid/experiment.cfg" --set "results=\"$results\"" "$@"
    if [ "$n" = 0 ]; then
        timeout 300 "$SINKGRID" "$@" >"$scratch/run.out" 2>&1
    else
        timeout 300 "$MPIRUN" -n "$n" "$SINKGRID" "$@" >"$scratch/run.out" 2>&1
    fi
}

# start N FOLDER [OPTION...]: the same in the background; $launcher is its process.
start() {
    local n=$1 results=$scratch/$2
    shift 2
    "$MPIRUN" -n "$n" "$SINKGRID" run "$scratch/grid/experiment.cfg" --set "results=\"$results\"" "$@" \
        >"$scratch/run.out" 2>&1 &
    launcher=$!
}

# status_is EXPECTED COMMAND...
status_is() {
    local expected=$1 rc
    shift
    "$@"
    rc=$?
    [ $rc = "$expected" ] || { echo "exit status $rc, not $expected"; return 1; }
}

# stopped_status STATUS: of a launcher that was told to stop. MPICH's mpiexec may end with 0
# once it has passed a signal on.
stopped_status() {
    [ "$1" = 75 ] && return 0
    case $MPIRUN in *mpich*) [ "$1" = 0 ] && return 0 ;; esac
    echo "exit status $1, not 75"
    return 1
}

same() { "$NCSAME" "$scratch/$1" "$scratch/$2"; }
stored() { find "$scratch/$1/units" -name '*.nc' 2>/dev/null | wc -l; }
temporaries() { find "$scratch/$1" -name '*.tmp*' 2>/dev/null; }
# Identity, place and time of every stored unit: unchanged if none was written again.
fingerprint() { find "$scratch/$1/units" -name '*.nc' -printf '%f %i %T@\n' 2>/dev/null | sort; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
has_stored() { [ "$(stored "$1")" -ge "$2" ]; }

# The processes below a launcher, one "RANK PID" a line.
ranks_of() {
    local pid rank todo=$1 next
    while [ -n "$todo" ]; do
        next=
        for pid in $todo; do
            next="$next $(cat /proc/"$pid"/task/*/children 2>/dev/null)"
        done
        for pid in $next; do
            rank=$(tr '\0' '\n' 2>/dev/null </proc/"$pid"/environ | sed -nE 's/^(OMPI_COMM_WORLD_RANK|PMI_RANK)=//p' | head -n 1)
            [ -n "$rank" ] && echo "$rank $pid"
        done
        todo=$(echo $next)
    done
}
gone() { ! kill -0 "$1" 2>/dev/null; }

# launcher_end: waits for the launcher and returns its status. Open MPI 4.1.4's mpirun with
# PMIx 4.2.2, once ranks were killed or have aborted, now and then locks itself up in
# PMIx_server_finalize, or crashes there (139): with all ranks gone it is ended here, 137.
launcher_end() {
    local left=100 # tenths of a second without a rank
    until gone $launcher; do
        [ -n "$(ranks_of $launcher)" ] || left=$((left - 1))
        [ $left -gt 0 ] || kill -KILL $launcher
        sleep 0.1
    done
    wait $launcher 2>/dev/null
}
