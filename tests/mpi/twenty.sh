#!/bin/bash
# One model of twenty has a truncated file: the nineteen others complete, status 1. Once it
# is repaired --only-failed runs its unit, and no other again.
. "$(dirname "$0")/lib.sh"
plan 9

mkdir "$scratch/grid"
{
    echo 'name = "twenty"; detect = { rule = "paper"; };'
    echo 'prompt_sets = ( { name = "planted"; path = "m1/prompts.jsonl"; template = "none"; } );'
    echo 'models = ('
    for i in $(seq 20); do
        "$SINKGRID" plant "$scratch/grid/m$i" --layers 22 --samples 1 --tokens 30 --seed "$i" >"$scratch/out" 2>&1 ||
            { note <"$scratch/out"; exit 1; }
        [ "$i" = 1 ] || echo ,
        echo "{ name = \"m$i\"; family = \"planted\"; path = \"m$i\"; }"
    done
    echo ');'
} >"$scratch/grid/experiment.cfg"
weights=$scratch/grid/m13/model.safetensors
cp "$weights" "$scratch/weights"
head -c $(($(stat -c %s "$weights") / 2)) "$scratch/weights" >"$weights"
says() { grep -q "$1" "$scratch/run.out"; }

ok "a truncated file among 20: status 1" status_is 1 run 3 twenty
ok "19 units are stored, 1 failed" eval '[ "$(stored twenty)" = 19 ] && says "^19 of 20 units stored (19 by this run), 1 failed, 0 missing"'
ok "its record names the file" eval '[ "$(ls "$scratch/twenty/failed" | wc -l)" = 1 ] && grep -q m13/model.safetensors "$scratch"/twenty/failed/*'
before=$(fingerprint twenty)
ok "--only-failed fails as long as the file is short: status 1" status_is 1 run 3 twenty --only-failed
cp "$scratch/weights" "$weights"
ok "with the whole file --only-failed completes" run 3 twenty --only-failed
ok "by that one unit" says "^20 of 20 units stored (1 by this run), 0 failed, 0 missing"
ok "the 19 were not computed again" test -z "$(comm -13 <(fingerprint twenty) <(echo "$before"))"
ok "no record of a failure is left" test -z "$(ls "$scratch/twenty/failed")"
ok "all is as in an undisturbed run" eval 'run 0 whole && same whole twenty'
