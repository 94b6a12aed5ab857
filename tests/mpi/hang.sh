#!/bin/bash
# A worker that hangs after its last result does not keep the job in MPI_Finalize: it is
# named, and the run ends by itself, complete and with the status that it has earned.
. "$(dirname "$0")/lib.sh"
plan 9

plant --family-size 2 --samples 2 --tokens 40
ok "an undisturbed run" run 0 whole
n_units=$(stored whole)

# Between the last result and the farewell the master prints its report: into a pipe that
# is full, so that it waits until this test has stopped a worker.
mkfifo "$scratch/report"
start_held() { # FOLDER [OPTION...]
    set -- run "$scratch/grid/experiment.cfg" --grace 2 --set "results=\"$scratch/$1\"" "${@:2}"
    exec 7<>"$scratch/report"
    dd if=/dev/zero of="$scratch/report" bs=4096 oflag=nonblock status=none 2>/dev/null
    "$MPIRUN" -n 1 sh -c 'exec "$@" >"$0"' "$scratch/report" "$SINKGRID" "$@" : -n 2 "$SINKGRID" "$@" \
        >"$scratch/run.out" 2>&1 7>&- &
    launcher=$!
}
over() { grep -qE '"state": "(finished|stopped)"' "$scratch/$1/heartbeat.json"; }

# hang STATUS FOLDER [OPTION...]: rank 2 is stopped once all results are here; the run ends with STATUS.
hang() {
    local expected=$1 reader rc
    shift
    start_held "$@"
    wait_for 60 over "$1" 2>/dev/null || return 1
    kill -STOP "$(ranks_of $launcher | awk '$1 == 2 {print $2}')" || return 1
    cat <&7 >"$scratch/report.out" &
    reader=$!
    launcher_end
    rc=$?
    kill $reader
    exec 7>&-
    echo "mpirun's status $rc"
    grep -q "ended by force, with status $expected" "$scratch/run.out" || return 1
    [ $rc = "$expected" ] || [ $rc = 137 ] || [ $rc = 139 ] # the last two: see launcher_end
}

ok "rank 2 hangs after the last unit: the run ends by itself, with status 0" hang 0 hung
ok "the rank is named" grep -q "rank 2 on .* hangs" "$scratch/run.out"
ok "it says that all results are stored" grep -q "all results are stored" "$scratch/run.out"
ok "they are" eval '[ "$(stored hung)" = "$n_units" ] && same whole hung'
ok "the report and the summary came before" eval 'grep -aq "$n_units of $n_units units stored" "$scratch/report.out" && cmp "$scratch/whole/sinks.csv" "$scratch/hung/sinks.csv"'
ok "the lock is free, and a rerun finds nothing to do" eval '[ ! -s "$scratch/hung/lock" ] && run 3 hung && grep -q "nothing to do" "$scratch/run.out"'

# A weight that is no number.
weights=$scratch/grid/planted-1/model.safetensors
cp "$weights" "$scratch/weights"
printf '\377\377\377\377' | dd of="$weights" bs=1 seek=$(($(stat -c %s "$weights") / 8 * 4)) conv=notrunc status=none
ok "with units that failed the status is 1" hang 1 failed --retry 0
cp "$scratch/weights" "$weights"
ok "stopped by its time limit it is 75" hang 75 limit --time-limit 0.001
