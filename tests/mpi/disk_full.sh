#!/bin/bash
# A full disk: the unit fails and is recorded, nothing half written looks whole, and with room
# again a rerun completes. Needs root, for a small file system in memory.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "needs root to mount a small file system"
mkdir -p "$scratch/small"
mount -t tmpfs -o size=3m none "$scratch/small" 2>/dev/null || skip_all "cannot mount a tmpfs here"
cleanup() { umount "$scratch/small" 2>/dev/null; }
plan 9

plant --family-size 2 --samples 12 --tokens 150
ok "an undisturbed run" run 3 plain
n_units=$(stored plain)
for n in 0 3; do
    rm -rf "$scratch"/small/*
    ok "$n ranks on a full disk: status 1" status_is 1 run $n small/results
    ok "$n ranks: some units are stored, some are recorded as failed" eval \
        '[ $(stored small/results) -lt $n_units ] && [ $(ls "$scratch/small/results/failed" | wc -l) -ge 1 ]'
    ok "$n ranks: the reason is told" grep -rqi "no space left" "$scratch/small/results/failed"
done
ok "nothing temporary is left" test -z "$(temporaries small)"
mount -o remount,size=64m "$scratch/small"
ok "with room again the rest is run, and all is equal" eval 'run 3 small/results && same plain small/results'
