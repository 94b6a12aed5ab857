#!/bin/bash
# Both rules on real models and texts: SmolLM2-135M has ordinary states, Gemma-3-270m anisotropic ones, of which
# the paper's rule lists nearly every token and "relative" next to none; the summary warns of it, and the page
# shows both. Needs experiments/fetch smollm2 gemma3 and the study's texts.
. "$(dirname "$0")/../mpi/lib.sh"
models=${SINKGRID_MODELS:-$abs_top_srcdir/experiments/models}
smollm2=$models/SmolLM2-135M-Instruct.Q4_1.gguf gemma3=$models/gemma-3-270m-Q4_K_M.gguf
texts=$SINKGRID_STUDY_DATA/output_qwen3-4b-base.jsonl
results=$scratch/results
for file in "$smollm2" "$gemma3" "$texts"; do
    [ -r "$file" ] || skip_all "$file is not there"
done

cat >"$scratch/real.cfg" <<CFG
name = "real"; results = "$results";
models = ( { name = "SmolLM2"; path = "$smollm2"; }, { name = "Gemma"; path = "$gemma3"; } );
prompt_sets = ( { name = "aime24"; path = "$texts"; template = "none"; limit = 2; max_tokens = 1000; } );
CFG

# Rows of sinks.csv of a model whose column is one of the words.
count() { # MODEL COLUMN WORD...
    python3 - "$results/sinks.csv" "$@" <<'PY'
import csv, sys
path, model, column, *words = sys.argv[1:]
print(sum(row["model"] == model and row[column] in words for row in csv.DictReader(open(path))))
PY
}
listed() { count "$1" "$2" primary-like secondary noise; }
warned() { "$SINKGRID" summarize "$results" | grep -q "^warning: $1.*anisotropic"; }
under_relative() { "$SINKGRID" summarize "$results" --set detect.rule=relative | grep -q '(rule relative)'; }
page() { "$SINKGRID" report "$results" && [ "$(grep -c 'data-figure="background"' "$results/report.html")" = 2 ]; }

plan 9
ok "two models on two texts" "$SINKGRID" run "$scratch/real.cfg"
ok "the paper's rule lists nine in ten tokens of Gemma" test "$(listed Gemma kind)" -ge 1800
ok "the relative rule lists next to none" test "$(listed Gemma kind_relative)" -le 20
ok "no token of SmolLM2 is listed by either" test "$(listed SmolLM2 kind),$(listed SmolLM2 kind_relative)" = 0,0
ok "each text has a primary" test "$(count Gemma kind primary),$(count SmolLM2 kind primary)" = 2,2
ok "the summary warns of Gemma" warned Gemma
ok "and not of SmolLM2" sh -c '! "$0" summarize "$1" | grep -q "^warning: SmolLM2.*anisotropic"' "$SINKGRID" "$results"
ok "levels follow the other rule without another forward pass" under_relative
if command -v gnuplot >/dev/null; then ok "the page shows both backgrounds" page; else skip "the page" "no gnuplot"; fi
