#!/bin/bash
# One run a results folder: a second one is refused by name, a dead one's lock is taken over.
. "$(dirname "$0")/lib.sh"
plan 8

plant --samples 80 --tokens 150
start 3 grid_run
wait_for 60 test -s "$scratch/grid_run/lock"
second() {
    timeout 60 "$SINKGRID" run "$scratch/grid/experiment.cfg" --set "results=\"$scratch/grid_run\"" >"$scratch/second.out" 2>&1
}
ok "a second run of the same folder is refused: status 2" status_is 2 second
ok "and told who runs it" grep -q "is running it" "$scratch/second.out"
ok "the first is not disturbed" wait $launcher

start 3 taken
wait_for 60 has_stored taken 1
pids=$(ranks_of $launcher | awk '{print $2}')
kill -KILL $pids $launcher
wait $launcher 2>/dev/null
for pid in $pids; do wait_for 20 gone $pid; done
ok "a killed run's lock is taken over, with a line" eval 'run 3 taken && grep -q "taking over" "$scratch/run.out"'
ok "the results are equal" same grid_run taken

# A holder on another host, whose lock may not reach here: its heartbeat tells. It is played
# by a lock file of its making.
elsewhere() { printf 'host elsewhere\npid 7\njob 1\n' >"$scratch/taken/lock"; }
elsewhere
touch -d '116 seconds ago' "$scratch/taken/heartbeat.json"
ok "one elsewhere that gives no sign of life is waited for, and taken over" eval \
    'run 0 taken && grep -q "waiting for a sign of life" "$scratch/run.out" && grep -q "taking over" "$scratch/run.out"'
elsewhere
touch -d '20 seconds ago' "$scratch/taken/heartbeat.json"
(sleep 3 && touch "$scratch/taken/heartbeat.json") &
ok "one that does is left alone: status 2" status_is 2 run 0 taken
ok "and named" grep -q "process 7 on elsewhere, job 1 may still be running it" "$scratch/run.out"
