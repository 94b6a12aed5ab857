#!/bin/bash
# A second real architecture: Gemma 3 270M (Q4_K_M) on a text of our own that is
# longer than its window, through 3 ranks and a cut between two stages.
. "$(dirname "$0")/lib.sh"
need_python
need_model gemma3
plan 6

mkdir "$scratch/grid"
python3 "$reference/own_text.py" >"$scratch/grid/text.txt"
cat >"$scratch/grid/experiment.cfg" <<TEXT
name = "golden";
results = "results";
models = ( { name = "gemma3-270m"; family = "Gemma3"; path = "$model_file"; } );
prompt_sets = ( { name = "own"; path = "text.txt"; template = "none"; max_tokens = 800; } );
record = "full";
pipeline = { stages = 2; chunk = 300; };
TEXT
texts() { "$python" "$golden/texts.py" "$data/gemma3_own_text.json" "$scratch/res" "$@"; }
sinks() { python3 "$reference/compare_golden.py" sinks "$data/gemma3_own_text.json" "$scratch/res/sinks.csv"; }

ok "run with 3 ranks" run 3 res
ok "token ids are the reference tokenizer's" texts tokens
ok "norms, cosines and scores of every layer are transformers'" texts values
ok "so are mean, median and 99 % quantile over all tokens" texts statistics
ok "primary, its layers and other sinks by either rule" texts detection
ok "sinks.csv says so" sinks
