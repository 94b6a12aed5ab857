#!/bin/bash
# experiments/sink_rate.cfg, as it stands, on the two small real models: Sink_k for k = 1 ... 64 against transformers,
# and against a count over the units of a full record.
. "$(dirname "$0")/lib.sh"
need_python
need_model smollm2
plan 5

mkdir -p "$scratch/grid/models"
ln -s "$abs_top_srcdir/experiments/prompts" "$scratch/grid"
cp "$abs_top_srcdir/experiments/sink_rate.cfg" "$scratch/grid/experiment.cfg"
ln -s "$model_file" "$scratch/grid/models/SmolLM2-135M-Instruct.Q4_1.gguf"
rates() { "$python" "$golden/sink_rates.py" "$@"; }

ok "run on SmolLM2 with 3 ranks" run 3 res --model SmolLM2-135M-Instruct
ok "every Sink_k is transformers'" rates reference "$scratch/res" "$data/sink_rate.json" SmolLM2-135M-Instruct
ok "run with a full record" run 3 full --model SmolLM2-135M-Instruct --set 'record="full"'
ok "every Sink_k is that of the full record" rates units "$scratch/res" "$scratch/full"
if gemma3=$("$abs_top_srcdir/experiments/fetch" --into "$(models_folder)" gemma3 2>/dev/null | sed -n 's/: \(there\|fetched.*\)$//p') && [ -n "$gemma3" ]; then
    ln -s "$gemma3" "$scratch/grid/models/gemma-3-270m-Q4_K_M.gguf"
    second() { run 3 res --model Gemma-3-270m && rates reference "$scratch/res" "$data/sink_rate.json" Gemma-3-270m; }
    ok "Gemma 3 270M beside it: every Sink_k is transformers'" second
else
    skip "Gemma 3 270M beside it" "gemma3 is not in $(models_folder) and could not be fetched"
fi
