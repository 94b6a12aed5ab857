#!/bin/bash
# A real model on real texts: SmolLM2-135M-Instruct on the first six records of the
# study's outputs, through 3 ranks and a cut between two stages, against transformers.
. "$(dirname "$0")/lib.sh"
need_python
need_study output_qwen3-4b-base.jsonl
need_model smollm2
plan 9

mkdir "$scratch/grid"
cat >"$scratch/grid/experiment.cfg" <<TEXT
name = "golden";
results = "results";
models = ( { name = "smollm2"; family = "SmolLM2"; path = "$model_file"; } );
prompt_sets = ( { name = "aime24"; path = "$study_file"; template = "auto"; max_tokens = 3000; limit = 6; } );
record = "full";
pipeline = { stages = 2; chunk = 500; shard = 2; };
TEXT
texts() { "$python" "$golden/texts.py" "$data/smollm2_aime24.json" "$scratch/res" "$@"; }
sinks() { python3 "$reference/compare_golden.py" sinks "$data/smollm2_aime24.json" "$scratch/res/sinks.csv"; }

ok "run with 3 ranks" run 3 res
ok "three units are stored" eval '[ "$(stored res)" = 3 ]'
ok "token ids are the reference tokenizer's" texts tokens
ok "norms, cosines and scores of every layer are transformers'" texts values
ok "so are mean, median and 99 % quantile over all tokens" texts statistics
ok "primary, its layers and other sinks by either rule" texts detection
ok "sinks.csv says so" sinks
ok "a second run does nothing" run 3 res
ok "and says so" grep -q "nothing to do" "$scratch/run.out"
