#!/bin/bash
# What a candidate record keeps against a full one, worked out by numpy: rows, their values, control tokens,
# statistics over all tokens, occurrences of the same ids that did not become sinks.
. "$(dirname "$0")/lib.sh"
need_python
plan 4

same_as_full() { "$python" "$golden/records.py" "$scratch/full" "$scratch/res"; }
plant --layers 24 --levels 2 --samples 3 --tokens 240 --marks 0.04
both() { run 2 res && run 0 full --set 'record="full"'; }
ok "a planted model, both records" both
ok "the candidates are those of the full record" same_as_full

# At a low cosine ordinary tokens of a real text are listed, whose ids also occur where they are not.
if model=$("$abs_top_srcdir/experiments/fetch" --into "$(models_folder)" smollm2 2>/dev/null | sed -n 's/: \(there\|fetched.*\)$//p') && [ -n "$model" ]; then
    rm -rf "${scratch:?}/grid" "$scratch/res" "$scratch/full"
    mkdir "$scratch/grid"
    cat >"$scratch/grid/experiment.cfg" <<TEXT
name = "records";
results = "results";
models = ( { name = "smollm2"; family = "SmolLM2"; path = "$model"; } );
prompt_sets = ( { name = "reasoning"; path = "$abs_top_srcdir/experiments/prompts/reasoning.jsonl"; template = "auto"; limit = 2; } );
detect = { cosine = 0.6; };
TEXT
    ok "SmolLM2, both records" both
    ok "the candidates are those of the full record there, too" same_as_full
else
    for name in run records; do skip "SmolLM2: $name" "smollm2 is not in $(models_folder) and could not be fetched"; done
fi
