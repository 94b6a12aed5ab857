#!/bin/bash
# What a user may get wrong: one line on standard error that names file and reason,
# exit status 2, nothing on standard output, no results folder; from `plan` and from `run`.
. "$(dirname "$0")/lib.sh"

plant --samples 2 --tokens 30
grid=$scratch/grid
weights=$grid/model.safetensors
size=$(stat -c %s "$weights")

# A model folder like the planted one, with other weights or configuration.
variant() { mkdir "$scratch/$1" && cp "$grid"/{config.json,tokenizer.json,tokenizer_config.json} "$scratch/$1"; }
variant cut && head -c $((size / 2)) "$weights" >"$scratch/cut/model.safetensors"
variant lie && { printf '\377\377\377\377\377\377\377\177'; tail -c +9 "$weights"; } >"$scratch/lie/model.safetensors"
variant header && head -c 100 "$weights" >"$scratch/header/model.safetensors"
variant alien && cp "$weights" "$scratch/alien" && sed -i 's/LlamaForCausalLM/MambaForCausalLM/' "$scratch/alien/config.json"
variant thin && cp "$weights" "$scratch/thin" && sed -i 's/"hidden_size": *64/"hidden_size": 128/' "$scratch/thin/config.json"
variant deep && cp "$weights" "$scratch/deep" && sed -i 's/"num_hidden_layers": *24/"num_hidden_layers": 25/' "$scratch/deep/config.json"
printf 'GGUF\003\000\000\000\377\377\377\377\377\377\377\177\001' >"$scratch/lie.gguf"
printf '{"text": "\377\376"}\n' >"$scratch/bytes.jsonl"
printf 'good\nbad \303(\n' >"$scratch/bytes.txt"
: >"$scratch/empty.jsonl"
printf '{"input_ids": [1, 2]}\n{"input_ids": [1, 99999]}\n' >"$scratch/ids.jsonl"
printf '{"input_ids": [1, 2]}\n{"input_ids": [1, \n' >"$scratch/torn.jsonl"

# experiment MODEL PROMPTS [LINE]: lines 1 to 3, and what is wrong in line 4.
experiment() {
    printf 'name = "bad";\nmodels = ( { name = "m"; path = "%s"; } );\nprompt_sets = ( { name = "p"; path = "%s"; } );\n%s\n' \
        "$1" "$2" "${3:-}" >"$scratch/bad.cfg"
}

# refused COMMAND EXPECTED: in $scratch, where results/bad would be made.
refused() {
    local rc
    (cd "$scratch" && timeout 60 "$SINKGRID" "$1" bad.cfg >bad.out 2>bad.err)
    rc=$?
    [ $rc = 2 ] || { echo "exit status $rc"; cat "$scratch/bad.err"; return 1; }
    grep -qF -- "$2" "$scratch/bad.err" || { echo "lacks: $2"; cat "$scratch/bad.err"; return 1; }
    [ "$(grep -c ' error: ' "$scratch/bad.err")" = 1 ] || { echo "not one line"; cat "$scratch/bad.err"; return 1; }
    [ ! -s "$scratch/bad.out" ] || { echo "printed:"; cat "$scratch/bad.out"; return 1; }
    [ ! -e "$scratch/results/bad/units" ] || { echo "results were made"; return 1; }
}
both() { ok "plan: $1" refused plan "$2"; ok "run: $1" refused run "$2"; }

plan 46
experiment "$grid" "$grid/prompts.jsonl" 'detct = { };'
both "an unknown key" 'bad.cfg:4: unknown key "detct"; did you mean "detect"?'
experiment "$grid" "$grid/prompts.jsonl" 'seed = "one";'
both "a wrong type" 'bad.cfg:4: "seed": a string where an integer is expected'
experiment "$grid" "$grid/prompts.jsonl" 'pipeline = { shard = 0; };'
both "a value out of range" 'bad.cfg:4: "shard": 0 is not within 1 and 1000000'
experiment "$grid" "$grid/prompts.jsonl" 'pipeline = {'
both "a torn experiment" 'bad.cfg:5: syntax error'
experiment "$scratch/nowhere" "$grid/prompts.jsonl"
both "a missing model" "bad.cfg:2: model $scratch/nowhere: No such file or directory"
experiment "$grid" "$scratch/nowhere.jsonl"
both "a missing prompt file" "bad.cfg:3: prompt set $scratch/nowhere.jsonl: No such file or directory"
experiment '${NO_SUCH_VARIABLE}/m' "$grid/prompts.jsonl"
both "a variable that is not set" 'bad.cfg:2: "path": the environment variable NO_SUCH_VARIABLE is not set'
experiment "$scratch/cut" "$grid/prompts.jsonl"
both "truncated safetensors" "cut/model.safetensors: "
experiment "$scratch/header" "$grid/prompts.jsonl"
both "safetensors cut in the header" "header/model.safetensors: "
experiment "$scratch/lie" "$grid/prompts.jsonl"
both "a header whose length lies" "lie/model.safetensors: "
experiment "$scratch/lie.gguf" "$grid/prompts.jsonl"
both "GGUF counts that lie" "lie.gguf: "
experiment "$scratch/alien" "$grid/prompts.jsonl"
both "an architecture that is not supported" 'architecture "MambaForCausalLM" is not supported'
experiment "$grid" "$scratch/bytes.jsonl"
both "JSON that is not UTF-8" "bytes.jsonl:1: unable to decode byte 0xff"
experiment "$grid" "$scratch/bytes.txt"
both "text that is not UTF-8" "bytes.txt:2: text is not UTF-8"
experiment "$grid" "$scratch/empty.jsonl"
both "an empty prompt set" "empty.jsonl: no samples"
experiment "$grid" "$scratch/ids.jsonl"
both "ids beyond the vocabulary" "ids.jsonl:2: token id 99999 at position 1 is not in the model's vocabulary"
experiment "$grid" "$scratch/torn.jsonl"
both "a torn prompt file" "torn.jsonl:2: "
experiment "$grid" "$grid/prompts.jsonl" 'pipeline = { stages = 25; };'
both "more stages than layers" '"pipeline.stages": 25 stages for 24 layers'
experiment "$grid" "$grid/prompts.jsonl" 'measured = (3, 25);'
both "layers that are not there" '"measured" (3, 25) of 24 layers'
experiment "$grid" "$grid/prompts.jsonl" 'detect = { cosine = 0.3; };'
both "a threshold below what is recorded" '"detect.cosine" 0.3 is below "record_cosine" 0.5'
experiment "$grid" "$grid/prompts.jsonl" 'exclude = ( { model = "m"; } );'
both "nothing selected" "bad.cfg: no pair of model and prompt set is selected"
experiment "$scratch/thin" "$grid/prompts.jsonl"
both "weights of another shape than the configuration" 'thin: tensor "model.embed_tokens.weight" is 260 x 64, its metadata say 260 x 128'
experiment "$scratch/deep" "$grid/prompts.jsonl"
both "fewer layers in the weights than in the configuration" 'deep: no tensor "model.layers.24.'
