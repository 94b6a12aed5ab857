#!/bin/bash
# Whatever is wrong with the input: one line that names file and reason, exit status
# 2, no crash, nothing half written.
set -u
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$abs_top_srcdir/tests/environment"
: "${SINKGRID:=$abs_top_srcdir/build/sinkgrid}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 99
"$SINKGRID" plant model --samples 2 --tokens 40 >/dev/null || exit 99

# The experiment that every case spoils: more settings, model, prompt file.
write() {
    cat >e.cfg <<TEXT
name = "x"; results = "results";
models = ( { name = "m"; path = "${2:-model}"; } );
prompt_sets = ( { name = "p"; path = "${3:-model/prompts.jsonl}"; template = "none"; } );
$1
TEXT
}

n=0
# refused NAME WORDS COMMAND...: status 2, one error line, it holds WORDS, no results.
refused() {
    local name=$1 words=$2 status lines
    shift 2
    n=$((n + 1))
    timeout 60 "$@" >out 2>err </dev/null
    status=$?
    lines=$(grep -c ' error: ' err)
    if [ $status = 2 ] && [ "$lines" = 1 ] && grep -F -- "$words" err >/dev/null && [ ! -e results ]; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "# status $status, $lines error lines, wanted \"$words\""
        sed 's/^/# /' err
        rm -rf results
    fi
}
plan() { refused "$1" "$2" "$SINKGRID" plan e.cfg; }
run() { refused "$1" "$2" "$SINKGRID" run e.cfg; }

# ---- experiment files ----
write 'detcet = { };'
plan "an unknown key, with the nearest known one" 'e.cfg:4: unknown key "detcet"; did you mean "detect"?'
write 'seed = "one";'
plan "a string for a number" 'e.cfg:4: "seed"'
write 'detect = { cosine = 3; };'
plan "a number out of range" 'e.cfg:4: "cosine": 3'
write 'x = ;'
plan "a syntax error" 'e.cfg:4'
write 'pipeline = { stages = 99; };'
run "more stages than layers" 'pipeline.stages'
refused "an experiment that is not there" "nosuch.cfg" "$SINKGRID" run nosuch.cfg
write ''
refused "an unknown key on the command line" 'foo' "$SINKGRID" plan e.cfg --set foo=1
refused "a model that is not in the file" 'nosuch' "$SINKGRID" plan e.cfg --model nosuch
write '' "\${NO_SUCH_VARIABLE}/model"
plan "a variable that is not set" 'NO_SUCH_VARIABLE'

# ---- prompts ----
write '' model nosuch.jsonl
run "a prompt file that is not there" 'nosuch.jsonl'
: >empty.jsonl
write '' model empty.jsonl
run "an empty prompt set" 'empty.jsonl'
printf '{"text": "\xff\xfe"}\n' >latin.jsonl
write '' model latin.jsonl
run "JSON that is not UTF-8" 'latin.jsonl:1'
printf 'ab\n\xff\n' >latin.txt
write '' model latin.txt
run "text that is not UTF-8" 'latin.txt:2'
printf '{"input_ids": [256, 97]}\n{"input_ids": [256, 999]}\n' >ids.jsonl
write '' model ids.jsonl
run "a token id beyond the vocabulary" 'ids.jsonl:2'
printf '{"input_ids": [256, 97]}\n{"input_ids": [' >half.jsonl
write '' model half.jsonl
run "a line of JSON that ends early" 'half.jsonl:2'
printf '{"weather": "fair"}\n' >foreign.jsonl
write '' model foreign.jsonl
run "a record of no known kind" 'foreign.jsonl:1'

# ---- models ----
write '' nosuch
run "a model that is not there" 'nosuch'
spoil() { rm -rf bad; cp -r model bad; write '' bad; }
spoil; truncate -s -4 bad/model.safetensors
run "a truncated safetensors file" 'bad/model.safetensors'
refused "the same, inspected" 'bad/model.safetensors' "$SINKGRID" inspect bad
spoil; truncate -s 5 bad/model.safetensors
run "a safetensors file of five bytes" 'bad/model.safetensors'
spoil; printf '\xff\xff\xff\xff\xff\xff\xff\x7f' | dd of=bad/model.safetensors conv=notrunc status=none
run "a header longer than the file" 'bad/model.safetensors'
spoil; sed -i 's/"shape":\[64\]/"shape":[63]/' bad/model.safetensors
run "a shape that does not fit its bytes" 'bad/model.safetensors'
spoil; sed -i 's/LlamaForCausalLM/MambaForCausalLM/' bad/config.json
run "an architecture that is not supported" 'MambaForCausalLM'
spoil; sed -i 's/"num_attention_heads": 4/"num_attention_heads": 0/' bad/config.json
run "no heads" 'bad'
spoil; sed -i 's/"num_hidden_layers": 24/"num_hidden_layers": 25/' bad/config.json
run "a layer that the file lacks" 'layers.24'
spoil; rm bad/config.json
run "a folder without config.json" 'bad'
spoil; echo '{"architectures": [' >bad/config.json
run "a config.json that ends early" 'bad/config.json'
printf 'GGUF\3\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0' >lie.gguf
write '' lie.gguf
run "a GGUF file whose counts lie" 'lie.gguf'
head -c 20 lie.gguf >cut.gguf
write '' cut.gguf
run "a truncated GGUF file" 'cut.gguf'
echo "no model" >foreign.gguf
write '' foreign.gguf
run "a file that is no GGUF file" 'foreign.gguf'

# ---- tokenizers and texts ----
spoil; rm bad/tokenizer.json bad/tokenizer_config.json
write '' bad model/texts.jsonl
run "texts for a model without a tokenizer" 'bad'
spoil; echo '{"model": {"type": "Telepathy"}}' >bad/tokenizer.json
write '' bad model/texts.jsonl
run "a tokenizer of an unknown kind" 'bad/tokenizer.json'

# ---- usage ----
refused "no experiment" "run" "$SINKGRID" run
refused "one argument too many" '"b"' "$SINKGRID" run a b
refused "an unknown option" "--nosuch" "$SINKGRID" plan e.cfg --nosuch
refused "an unknown command" '"plnt" (did you mean "plant"?)' "$SINKGRID" plnt
refused "an unknown help topic" '"nosuch"' "$SINKGRID" help nosuch
refused "results that are not there" "nosuch" "$SINKGRID" status nosuch
refused "an unknown batch system" "lsf" "$SINKGRID" batch lsf e.cfg
refused "a model too shallow to plant" "--layers" "$SINKGRID" plant x --layers 3
refused "a folder that cannot be made" "/proc/nosuch" "$SINKGRID" plant /proc/nosuch
refused "a primary beyond the text" "7" "$SINKGRID" measure model model/nobos.jsonl --primary 7000
refused "a text that is not there" "nosuch.txt" "$SINKGRID" measure model nosuch.txt
echo "1..$n"
