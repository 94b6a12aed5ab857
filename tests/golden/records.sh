#!/bin/bash
# What a candidate record keeps against a full one, worked out by numpy: rows, their values, control tokens,
# statistics over all tokens, occurrences of the same ids that did not become sinks.
. "$(dirname "$0")/lib.sh"
need_python
plan 8

same_as_full() { "$python" "$golden/records.py" "$scratch/full" "$scratch/res"; }
# Another threshold from the stored units: `summarize` at each, against the reference's rules on the full record.
at_cosines() {
    local cosine units=$(fingerprint res)
    for cosine in "$@"; do
        "$SINKGRID" summarize "$scratch/res" --set detect.cosine="$cosine" >"$scratch/summarize.out" &&
            "$python" "$golden/thresholds.py" "$scratch/full" "$scratch/res" "$cosine" || return 1
    done
    [ "$units" = "$(fingerprint res)" ] # no unit was written again
}
below() { status_is 2 "$SINKGRID" summarize "$scratch/res" --set detect.cosine=0.45 2>"$scratch/error" && grep -q record_cosine "$scratch/error"; }
plant --layers 24 --levels 2 --samples 3 --tokens 240 --marks 0.04
rule_in_force() { "$SINKGRID" summarize "$scratch/res" --set detect.rule=relative --set detect.cosine=0.5 && same_as_full; }
both() { run 2 res && run 0 full --set 'record="full"'; }
ok "a planted model, both records" both
ok "the candidates are those of the full record" same_as_full
ok "other thresholds list what the reference lists" at_cosines 0.85 0.95 0.99 0.5
ok "one below what was recorded is refused" below

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
    ok "other thresholds list what the reference lists there, too" at_cosines 0.85 0.7 0.55
    ok "so does the other rule in force" rule_in_force
else
    for name in run records thresholds rules; do skip "SmolLM2: $name" "smollm2 is not in $(models_folder) and could not be fetched"; done
fi
