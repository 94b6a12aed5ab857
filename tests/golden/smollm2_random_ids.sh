#!/bin/bash
# Real sinks on real weights: 200 short sequences of random ids, of which a few make
# sinks beside the primary, against the rules on transformers' hidden states.
. "$(dirname "$0")/lib.sh"
need_model smollm2
plan 6

mkdir "$scratch/grid"
python3 "$reference/random_ids.py" >"$scratch/grid/random_ids.jsonl"
cat >"$scratch/grid/experiment.cfg" <<TEXT
name = "golden";
results = "results";
models = ( { name = "smollm2"; family = "SmolLM2"; path = "$model_file"; } );
prompt_sets = ( { name = "random"; path = "random_ids.jsonl"; } );
pipeline = { shard = 50; };
TEXT
named() { python3 "$reference/compare_golden.py" sinks "$data/smollm2_random_ids.json" "$scratch/$1/sinks.csv"; }

ok "the ids are those of the reference" python3 - "$data/smollm2_random_ids.json" "$scratch/grid/random_ids.jsonl" <<'PYTHON'
import array, hashlib, json, sys
samples = json.load(open(sys.argv[1]))["samples"]
drawn = [array.array("i", json.loads(line)["input_ids"]) for line in open(sys.argv[2])]
sys.exit([hashlib.sha256(ids.tobytes()).hexdigest() for ids in drawn] != [s["ids_sha256"] for s in samples])
PYTHON
ok "run with 3 ranks" run 3 res
ok "sinks.csv names exactly the sinks" named res
ok "run in two stages and other shards" run 3 other --set pipeline.stages=2 --set pipeline.shard=80
ok "sinks.csv names the same" named other
ok "and is the same, byte for byte" cmp "$scratch/res/sinks.csv" "$scratch/other/sinks.csv"
