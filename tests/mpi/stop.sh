#!/bin/bash
# Orderly stops: SIGUSR1 and the time limit end a run with 75, SIGTERM ends it at once,
# and a rerun goes on where it stopped.
. "$(dirname "$0")/lib.sh"
plan 26

plant --samples 100 --tokens 150
printf 'pipeline = { shard = 2; };\n' >>"$scratch/grid/experiment.cfg"
ok "an undisturbed run" run 3 whole
n_units=$(stored whole)

# signal_at_two SIGNAL FOLDER [RANK]: to the launcher or a rank, once two units are stored;
# returns the launcher's status.
signal_at_two() {
    local to
    start 3 "$2"
    wait_for 60 has_stored "$2" 2 || return 99
    to=$launcher
    [ $# = 2 ] || to=$(ranks_of $launcher | awk -v r="$3" '$1 == r {print $2}')
    kill -"$1" "$to"
    launcher_end
}
stop_in_order() { signal_at_two USR1 usr1; stopped_status $?; }
state_is() { grep -q "\"state\": \"$2\"" "$scratch/$1/heartbeat.json"; }

ok "SIGUSR1 to mpirun: status 75" stop_in_order
ok "some units are missing" test "$(stored usr1)" -lt "$n_units"
ok "the heartbeat says stopped" state_is usr1 stopped
ok "the lock is free" test ! -s "$scratch/usr1/lock"
before=$(fingerprint usr1)
ok "a rerun completes" run 3 usr1
ok "without computing anything again" test -z "$(comm -13 <(fingerprint usr1) <(echo "$before"))"
ok "and equals the undisturbed run" same whole usr1

alone() {
    "$SINKGRID" run "$scratch/grid/experiment.cfg" --set "results=\"$scratch/alone\"" >"$scratch/run.out" 2>&1 &
    launcher=$!
    wait_for 60 has_stored alone 1 || return 1
    kill -USR1 $launcher
    wait $launcher
    [ $? = 75 ]
}
ok "SIGUSR1 to a single process: status 75" alone

# Workers that hang, in a computation or half-way through a message, do not keep the master:
# it gives their units up, or has all of them already.
# Afterwards they may go on: MPICH's mpiexec waits for them to die of its TERM.
hang() {
    local pids rc
    start 3 hung --grace 2
    wait_for 60 has_stored hung 2 || return 1
    pids=$(ranks_of $launcher | awk '$1 > 0 {print $2}')
    kill -STOP $pids
    kill -USR1 $launcher
    wait_for 60 grep -qE "time is up: the units that still run are given up|units stored" "$scratch/run.out"
    rc=$?
    kill -CONT $pids 2>/dev/null
    wait $launcher
    stopped_status $? && return $rc
}
ok "SIGUSR1 while all workers hang: status 75" hang
ok "a rerun completes, and equals the undisturbed run" eval 'run 3 hung && same whole hung'

ok "no time left: status 75" status_is 75 run 0 none --time-limit 0
ok "and nothing is begun" test "$(stored none)" = 0
# So near that nothing may start, however fast the machine is.
ok "a time limit of 1 s: status 75" status_is 75 run 3 limit --time-limit 1
ok "it says why" grep -q "the time limit leaves" "$scratch/run.out"
ok "so does Slurm's SLURM_JOB_END_TIME" eval 'SLURM_JOB_END_TIME=$(($(date +%s) + 1)) status_is 75 run 3 limit &&
    grep -q "the time limit leaves" "$scratch/run.out"'
ok "and one that has passed" eval 'SLURM_JOB_END_TIME=$(($(date +%s) - 60)) status_is 75 run 3 limit &&
    grep -q "the time limit leaves 0 s" "$scratch/run.out"'
ok "so does PBS_WALLTIME" eval 'PBS_WALLTIME=1 status_is 75 run 3 limit && grep -q "the time limit leaves" "$scratch/run.out"'
ok "a rerun with time enough completes" run 3 limit --time-limit 10:00
ok "and equals the undisturbed run" same whole limit

# Under mpirun every rank gets TERM, and KILL a second later; to the master alone it comes
# from a user. No orderly end either way: units in flight are dropped, what is finished is saved.
missing() { "$SINKGRID" status "$scratch/$1" --json | sed -n 's/^  "missing": \([0-9]*\),$/\1/p'; }
dropped() { # FOLDER [RANK]
    local rc
    signal_at_two TERM "$@"
    rc=$?
    [ $rc != 0 ] && [ $rc != 75 ] && [ "$(missing "$1")" -gt 0 ] &&
        [ "$(missing "$1")" = $((n_units - $(stored "$1"))) ]
}
resumed() { # FOLDER
    local before
    before=$(fingerprint "$1")
    run 3 "$1" && same whole "$1" && [ -z "$(comm -13 <(fingerprint "$1") <(echo "$before"))" ] && [ -z "$(temporaries "$1")" ]
}
ok "SIGTERM to mpirun ends the run, and status names what is missing" dropped term
ok "a rerun completes, computes nothing again and is equal" resumed term
ok "SIGTERM to the master alone does so, too" dropped term0 0
ok "it has saved and said so before it died" state_is term0 terminated
ok "its lock is left behind, and is no hindrance" test -s "$scratch/term0/lock"
ok "a rerun completes, computes nothing again and is equal" resumed term0
