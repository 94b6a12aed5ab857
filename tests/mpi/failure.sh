#!/bin/bash
# A unit that cannot be computed: recorded, retried, and no hindrance to the others.
. "$(dirname "$0")/lib.sh"
plan 35

plant --family-size 3 --samples 8 --tokens 80
weights=$scratch/grid/planted-2/model.safetensors
cp "$weights" "$scratch/whole"
size=$(stat -c %s "$weights")
records() { find "$scratch/$1/failed" -name '*.txt' 2>/dev/null | wc -l; }
n_records() { [ "$(records "$1")" = "$2" ]; }
# Records that tell of a second attempt with rank, host, stage and reason.
n_second_attempts() {
    [ "$(grep -lE '^attempt 2, rank [0-9]+ on .+, stage [0-9]+ .*: .+' "$scratch/$1"/failed/*.txt | wc -l)" = "$2" ]
}

# A weight that is no number, in the middle of the file: found when its layer is computed.
printf '\377\377\377\377' | dd of="$weights" bs=1 seek=$((size / 8 * 4)) conv=notrunc status=none
for n in 0 3; do
    ok "$n ranks: a weight that is no number fails its units: status 1" status_is 1 run $n nan$n
    ok "$n ranks: the others are stored" has_stored nan$n 4
    ok "$n ranks: a record for each failed unit" n_records nan$n 2
    ok "$n ranks: both attempts are told, with rank, host and reason" n_second_attempts nan$n 2
done
ok "stages below a failed one are skipped: status 1" \
    status_is 1 run 4 deep --set pipeline.stages=3 --set pipeline.chunk=20
ok "the others are stored" has_stored deep 4

# Which unit starts first is the schedule's affair, so many small ones follow whichever it is.
fast() { status_is 1 run 0 fast --fail-fast --retry 0 --set pipeline.shard=1 && n_records fast 1 && [ "$(stored fast)" -lt 16 ]; }
ok "--fail-fast: one unit fails, what has not started is left out: status 1" fast
ok "without it all others are stored" eval 'status_is 1 run 0 fast --retry 0 --set pipeline.shard=1 && n_records fast 8 && [ "$(stored fast)" = 16 ]'
# A shard of one sample: the record's head names it as a range.
names_sample() {
    local record n
    for record in "$scratch"/fast/failed/*.txt; do
        n=$(sed -nE '1s/.*, samples ([0-9]+):.*/\1/p' "$record")
        grep -q ", sample $n, token [0-9]*: NaN or Inf after the " "$record" || { cat "$record"; return 1; }
    done
}
ok "each record names the sample by its number in the prompt set" names_sample
# A failure before a stop: there is more to do, which is what job scripts ask for.
stopped() {
    start 3 stopped --retry 0 --set pipeline.shard=1
    wait_for 60 eval '[ "$(records stopped)" -ge 1 ]' || return 1
    kill -USR1 $launcher
    wait $launcher
    stopped_status $? && [ "$(stored stopped)" -lt 16 ]
}
ok "a unit fails, then SIGUSR1: status 75" stopped

before=$(fingerprint nan3)
ok "--only-failed --retry 0 fails again" status_is 1 run 3 nan3 --only-failed --retry 0
ok "after a single attempt" n_second_attempts nan3 0
ok "--only-failed completes once the cause is gone" run 3 nan3 --only-failed --set allow_nonfinite=true
ok "what was stored is not computed again" test -z "$(comm -13 <(fingerprint nan3) <(echo "$before"))"
ok "no record of a failure is left" n_records nan3 0

# The model is mended, so that its units have other identities than those that failed.
cp -r "$scratch/nan0" "$scratch/mended"
cp "$scratch/nan0/plan.jsonl" "$scratch/nan0.jsonl"
cp "$scratch/whole" "$weights"
ok "--only-failed runs the units of a model that has been mended" run 3 mended --only-failed
ok "and leaves no record of their failure" n_records mended 0
ok "and all is complete: status 0" eval 'run 0 mended && grep -q "nothing to do" "$scratch/run.out"'

# Records that go with no unit of the experiment any more do not spoil its status.
ok "a whole run of other shards, after failures: status 0" run 0 nan0 --set pipeline.shard=2
ok "though the records lie there" n_records nan0 2
ok "and an experiment that asks for them tells of them: status 1" eval \
    'cp "$scratch/nan0.jsonl" "$scratch/nan0/plan.jsonl" && status_is 1 "$SINKGRID" summarize "$scratch/nan0"'

head -c $((size / 2)) "$scratch/whole" >"$weights"
truncated() { status_is 1 run 3 cut && has_stored cut 4 && n_records cut 1 && grep -q planted-2/model.safetensors "$scratch"/cut/failed/*.txt; }
ok "a truncated file fails its model, the others complete: status 1" truncated
cp "$scratch/whole" "$weights"
cp -r "$scratch/cut" "$scratch/cut2"
ok "with the whole file --only-failed runs what could not be opened" run 3 cut2 --only-failed
ok "and all is there" has_stored cut2 6
ok "with the whole file the rest is run" run 3 cut
ok "and all is as in an undisturbed run" eval 'n_records cut 0 && run 0 plain && same plain cut'

# A file that is written over while a run reads it.
touched() {
    start 3 touched --retry 0 --set pipeline.shard=1
    wait_for 60 has_stored touched 1 || return 1
    touch "$scratch"/grid/planted-*/model.safetensors
    wait $launcher
    [ $? = 1 ] && grep -q "changed since the run began" "$scratch"/touched/failed/*.txt
}
ok "weights that change during a run fail what was not finished" touched
# A file that is written over while files are fingerprinted, which --verify takes time for:
# beside the weights lies a sparse file of half a gigabyte.
early() {
    local folder=$scratch/early pid rc
    local header='{"extra":{"dtype":"F32","shape":[125000000],"data_offsets":[0,500000000]}}'
    "$SINKGRID" plant "$folder" --tokens 40 || return 1
    mv "$folder/model.safetensors" "$folder/a.safetensors"
    printf "\\x$(printf %02x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header" >"$folder/b.safetensors"
    truncate -s $((8 + ${#header} + 500000000)) "$folder/b.safetensors"
    "$SINKGRID" run "$folder/experiment.cfg" --set "results=\"$scratch/early_run\"" --verify >"$scratch/run.out" 2>&1 &
    pid=$!
    wait_for 60 grep -q b.safetensors "/proc/$pid/maps" && touch "$folder/a.safetensors"
    wait $pid
    rc=$?
    rm "$folder/b.safetensors"
    [ $rc = 1 ] && grep -q "changed since the run began" "$scratch/run.out"
}
ok "so do weights that change while they are fingerprinted" early
ok "a rerun after the former completes, as in an undisturbed run" eval \
    'run 3 touched --set pipeline.shard=1 && run 0 shards --set pipeline.shard=1 && same shards touched'

# `summarize` and `status` of the folder go by its experiment.cfg.
ok "a run with nothing to do leaves its experiment, too" eval \
    'run 0 plain --set detect.cosine=0.85 && grep -q "nothing to do" "$scratch/run.out" && grep -q "cosine = 0.85;" "$scratch/plain/experiment.cfg"'

# What changes in a model while a narrower run leaves it out is named when it is run again.
narrowed() {
    run 0 narrow && cp "$scratch/whole" "$weights" && printf '\1' | dd of="$weights" bs=1 seek=$((size / 2)) conv=notrunc status=none
    run 0 narrow --model planted-1 && run 0 narrow && grep -q "planted-2.*the model's files changed" "$scratch/run.out"
}
ok "a change is named after a run of other models, too" narrowed
