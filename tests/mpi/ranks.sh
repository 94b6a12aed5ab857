#!/bin/bash
# The same bits for any number of ranks, stages and chunks: every variable of every
# unit file equals that of one process, and so do the tables.
. "$(dirname "$0")/lib.sh"
plan 17

plant --family-size 2 --samples 6 --tokens 120
ok "one process without mpirun" run 0 one
ok "all units are stored" has_stored one 4
ok "a second run does nothing and says so" run 0 one
ok "it says so" grep -q "nothing to do" "$scratch/run.out"

same_tables() {
    local table
    for table in sinks.csv levels.csv scaling.csv; do
        cmp "$scratch/$1/$table" "$scratch/$2/$table" || return 1
    done
}
compare() { # NAME RANKS OPTION...
    local name=$1 n=$2
    shift 2
    rm -rf "$scratch/other"
    run_and_compare() { run "$n" other "$@" && same one other && same_tables one other; }
    ok "$name" run_and_compare "$@"
}
compare "1 rank under mpirun" 1
compare "2 ranks: one worker" 2
compare "3 ranks: two workers" 3
compare "5 ranks: four workers" 5
compare "2 stages, chunks of 16" 3 --set pipeline.stages=2 --set pipeline.chunk=16
compare "2 stages, chunks of 250" 3 --set pipeline.stages=2 --set pipeline.chunk=250
compare "4 stages, chunks of 64" 5 --set pipeline.stages=4 --set pipeline.chunk=64
compare "uneven cuts" 4 --set 'pipeline.cuts=[1,20]' --set pipeline.chunk=33
compare "2 pipelines of 2 stages" 5 --set pipeline.stages=2 --set pipeline.chunk=50
compare "4 threads a rank" 2 --threads 4
# The first of three stages records nothing.
ok "one process, a measured range, everything recorded" run 0 range --set 'measured=((8,20))' --set 'record="full"'
in_stages() {
    run 4 range_in_stages --set 'measured=((8,20))' --set 'record="full"' --set 'pipeline.cuts=[5,12]' --set pipeline.chunk=50 &&
        same range range_in_stages
}
ok "the same in 3 stages" in_stages
ok "nothing temporary is left" test -z "$(temporaries one)$(temporaries other)"
