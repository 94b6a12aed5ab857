#!/bin/bash
# plan, run and status agree on what there is, what is done and what is left.
. "$(dirname "$0")/lib.sh"
plan 28

plant --family-size 2 --samples 6 --tokens 40
cfg=$scratch/grid/experiment.cfg
results=$scratch/res
set_results="results=\"$results\""

# says PATTERN COMMAND...: its standard output has a line that matches; returns its status.
says() {
    local pattern=$1 rc
    shift
    "$@" >"$scratch/said" 2>"$scratch/said.err"
    rc=$?
    grep -qE -- "$pattern" "$scratch/said" || { echo "lacks: $pattern"; cat "$scratch/said" "$scratch/said.err"; return 99; }
    return $rc
}
status() { "$SINKGRID" status "$@"; }
planned() { "$SINKGRID" plan "$cfg" --set "$set_results" --set pipeline.shard=2 --gflops 10 "$@"; }

ok "plan counts pipelines and units" says '^pipelines +6 of up to 2 samples, 6 units' planned
ok "plan counts the units of stages" says '^pipelines +6 of up to 2 samples, 18 units' planned --set pipeline.stages=3
ok "plan narrows" says '^pipelines +3 of up to 2 samples' planned --model planted-2
ok "plan tells memory, bytes, work and time" \
    eval 'for w in memory "to store" work time; do says "^$w +" planned || exit 1; done'
ok "plan simulates a schedule" says '^simulated +utilization [0-9]' planned --simulate 5
ok "plan in JSON lists every pipeline" eval '[ "$(planned --json | grep -c "\"identity\"")" = 6 ]'
ok "plan makes nothing" test ! -e "$results"

# What changed between two runs is named, and its units are others: never mixed.
changed() { # WHAT OPTION...: a run that computes all 6 anew and says why
    local what=$1
    shift
    run 0 changed --set pipeline.shard=2 "$@" && grep -q "$what changed since the last run" "$scratch/run.out" &&
        grep -q "6 units, 0 stored already" "$scratch/run.out"
}
weights=$scratch/grid/planted-1/model.safetensors
ok "a first run" run 0 changed --set pipeline.shard=2
ok "another setting of the probes is noticed and named" changed "the settings of the measurement" --set record_cosine=0.4
cp "$scratch/grid/prompts.jsonl" "$scratch/prompts"
sed -i 's/"input_ids": *\[\([0-9]*\), *[0-9]*/"input_ids": [\1, 7/' "$scratch/grid/prompts.jsonl"
ok "other prompts are noticed and named" changed "the prompts' token ids" --set record_cosine=0.4
cp "$scratch/prompts" "$scratch/grid/prompts.jsonl"
ok "with the first ones back the stored units stand" eval 'run 0 changed --set pipeline.shard=2 && grep -q "6 units, 6 stored already" "$scratch/run.out"'
printf '\001' | dd of="$weights" bs=1 seek=$(($(stat -c %s "$weights") - 4)) conv=notrunc status=none
ok "another byte of a model is noticed and named, the other model's units stand" \
    eval 'run 0 changed --set pipeline.shard=2 && grep -q "6 units, 3 stored already" "$scratch/run.out" &&
        grep -q "planted-1, planted: the model.s files changed since the last run: 3 units" "$scratch/run.out"'
"$SINKGRID" plant "$scratch/grid" --family-size 2 --samples 6 --tokens 40 >/dev/null 2>&1

# However many fail, status reads a bounded number of files.
mkdir -p "$scratch/many/units" "$scratch/many/failed"
"$SINKGRID" run "$cfg" --set "results=\"$scratch/many\"" --set pipeline.shard=1 --set allow_nonfinite=true >/dev/null 2>&1
for unit in "$scratch"/many/units/*.nc; do
    echo "a reason" >"$scratch/many/failed/$(basename "$unit" .nc).txt" && rm "$unit"
done
few() { [ "$(strace -f -e trace=openat "$SINKGRID" status "$scratch/many" 2>&1 >"$scratch/said" | grep -c "$scratch/many/failed/")" -le 20 ]; }
if command -v strace >/dev/null; then ok "status opens few files" few; else skip "status opens few files" "strace is not installed"; fi

# Before the first run status plans by itself.
ok "all is missing at first: status 75" status_is 75 says '6: 0 done, 0 running, 0 failed, 6 missing' \
    status "$cfg" --set "$set_results" --set pipeline.shard=2
ok "one of two models is run" run 0 res --set pipeline.shard=2 --model planted-2
ok "its list is done: status 0" status_is 0 says '3: 3 done' status "$results"
ok "the whole experiment is not: status 75" status_is 75 says '6: 3 done, 0 running, 0 failed, 3 missing' \
    status "$cfg" --set "$set_results" --set pipeline.shard=2
ok "the rest is run" run 0 res --set pipeline.shard=2
ok "all is done: status 0" status_is 0 says '6: 6 done' status "$results"
ok "so says the experiment" status_is 0 says '6: 6 done' status "$cfg" --set "$set_results" --set pipeline.shard=2
ok "other settings are other units: status 75" status_is 75 says '6: 0 done.*6 missing' \
    status "$cfg" --set "$set_results" --set pipeline.shard=2 --set seed=9
ok "those of the first settings are named as others'" status_is 75 says '^others +6 unit files' \
    status "$cfg" --set "$set_results" --set pipeline.shard=2 --set seed=9
head -c 5000 "$scratch/grid/planted-2/model.safetensors" >"$scratch/cut" && mv "$scratch/cut" "$scratch/grid/planted-2/model.safetensors"
ok "a model that cannot be opened fails alone: status 1" status_is 1 run 0 res --set pipeline.shard=2
ok "status names it, and why: status 1" \
    eval 'status_is 1 says "4: 3 done, 0 running, 1 failed, 0 missing" status "$results" && grep -q planted-2/model.safetensors "$scratch/said"'
"$SINKGRID" plant "$scratch/grid" --family-size 2 --samples 6 --tokens 40 >/dev/null 2>&1
run 0 res --set pipeline.shard=2
mv "$scratch/grid" "$scratch/elsewhere"
ok "status of results needs no model" status_is 0 says '6: 6 done' status "$results"
mv "$results" "$scratch/moved"
ok "and may be asked elsewhere" status_is 0 says "^results +$scratch/moved" status "$scratch/moved"
ok "in JSON, too" status_is 0 says '"done": 6' status "$scratch/moved" --json
rm "$scratch/moved/plan.jsonl"
ok "without a list the error names it: status 2" status_is 2 status "$scratch/moved"
