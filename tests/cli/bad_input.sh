#!/bin/bash
# Whatever is wrong with the input: one line on standard error that names file and reason,
# exit status 2, nothing on standard output, no crash, nothing half written.
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
    if [ $status = 2 ] && [ "$lines" = 1 ] && grep -qF -- "$words" err && [ ! -s out ] && [ ! -e results ]; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        echo "# status $status, $lines error lines, $(wc -c <out) bytes of output, wanted \"$words\""
        sed 's/^/# /' err
        rm -rf results
    fi
}
# both NAME WORDS: of e.cfg, planned and run.
both() {
    refused "plan: $1" "$2" "$SINKGRID" plan e.cfg
    refused "run: $1" "$2" "$SINKGRID" run e.cfg
}

# ---- experiment files ----
write 'detcet = { };'
both "an unknown key, with the nearest known one" 'e.cfg:4: unknown key "detcet"; did you mean "detect"?'
write 'seed = "one";'
both "a string for a number" 'e.cfg:4: "seed": a string where an integer is expected'
write 'detect = { cosine = 3; };'
both "a number out of range" 'e.cfg:4: "cosine": 3'
write 'pipeline = { shard = 0; };'
both "an integer out of range" 'e.cfg:4: "shard": 0 is not within 1 and 1000000'
write 'x = ;'
both "a syntax error" 'e.cfg:4'
write 'pipeline = {'
both "a file that ends early" 'e.cfg:5: syntax error'
write 'pipeline = { stages = 25; };'
both "more stages than layers" 'e.cfg:4: model m: "pipeline.stages": 25 stages for 24 layers'
write 'measured = (3, 25);'
both "layers that are not there" 'e.cfg:4: model m: "measured" (3, 25) of 24 layers'
refused "layers that are not there, on the command line" '--set measured=(0, 32): model m: "measured" (0, 32) of 24 layers' \
    "$SINKGRID" plan e.cfg --set 'measured=(0, 32)'
write 'detect = { cosine = 0.3; };'
both "a threshold below what is recorded" '"detect.cosine" 0.3 is below "record_cosine" 0.5'
write 'exclude = ( { model = "m"; } );'
both "nothing selected" "e.cfg: no pair of model and prompt set is selected"
write '' "\${NO_SUCH_VARIABLE}/model"
both "a variable that is not set" 'e.cfg:2: "path": the environment variable NO_SUCH_VARIABLE is not set'
refused "an experiment that is not there" "nosuch.cfg" "$SINKGRID" run nosuch.cfg
write ''
refused "an unknown key on the command line" 'foo' "$SINKGRID" plan e.cfg --set foo=1
refused "a model that is not in the file" 'nosuch' "$SINKGRID" plan e.cfg --model nosuch

# ---- prompts ----
# prompts NAME FILE CONTENT WORDS: CONTENT as printf's format.
prompts() {
    printf "$3" >"$2"
    write '' model "$2"
    both "$1" "$2$4"
}
write '' model nosuch.jsonl
both "a prompt file that is not there" "e.cfg:3: prompt set $PWD/nosuch.jsonl: No such file or directory"
prompts "an empty prompt set" empty.jsonl '' ": no samples"
prompts "JSON that is not UTF-8" latin.jsonl '{"text": "\xff\xfe"}\n' ":1: unable to decode byte 0xff"
prompts "text that is not UTF-8" latin.txt 'ab\n\xff\n' ":2: text is not UTF-8"
prompts "a token id beyond the vocabulary" ids.jsonl '{"input_ids": [256, 97]}\n{"input_ids": [256, 999]}\n' \
    ":2: token id 999 at position 1 is not in the model's vocabulary"
prompts "a line of JSON that ends early" half.jsonl '{"input_ids": [256, 97]}\n{"input_ids": [' ":2: "
prompts "a record of no known kind" foreign.jsonl '{"weather": "fair"}\n' ":1: "

# ---- models ----
write '' nosuch
both "a model that is not there" "e.cfg:2: model $PWD/nosuch: No such file or directory"
spoil() { rm -rf bad; cp -r model bad; write '' bad; }
spoil; truncate -s -4 bad/model.safetensors
both "a safetensors file that lacks its end" 'bad/model.safetensors: '
refused "the same, inspected" 'bad/model.safetensors' "$SINKGRID" inspect bad
spoil; truncate -s 100 bad/model.safetensors
both "a safetensors file cut in the header" 'bad/model.safetensors: '
spoil; truncate -s 5 bad/model.safetensors
both "a safetensors file of five bytes" 'bad/model.safetensors: '
spoil; printf '\xff\xff\xff\xff\xff\xff\xff\x7f' | dd of=bad/model.safetensors conv=notrunc status=none
both "a header longer than the file" 'bad/model.safetensors: '
spoil; sed -i 's/"shape":\[64\]/"shape":[63]/' bad/model.safetensors
both "a shape that does not fit its bytes" 'bad/model.safetensors: '
spoil; sed -i 's/LlamaForCausalLM/MambaForCausalLM/' bad/config.json
both "an architecture that is not supported" 'architecture "MambaForCausalLM" is not supported'
spoil; sed -i 's/"num_attention_heads": 4/"num_attention_heads": 0/' bad/config.json
both "no heads" 'bad'
spoil; sed -i 's/"hidden_size": *64/"hidden_size": 128/' bad/config.json
both "weights of another shape than the configuration" \
    'bad: tensor "model.embed_tokens.weight" is 260 x 64, its metadata say 260 x 128'
spoil; sed -i 's/"num_hidden_layers": 24/"num_hidden_layers": 25/' bad/config.json
both "a layer that the file lacks" 'bad: no tensor "model.layers.24.'
spoil; rm bad/config.json
both "a folder without config.json" 'bad'
spoil; echo '{"architectures": [' >bad/config.json
both "a config.json that ends early" 'bad/config.json'
printf 'GGUF\3\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0' >lie.gguf
write '' lie.gguf
both "a GGUF file whose counts lie" 'lie.gguf: '
head -c 20 lie.gguf >cut.gguf
write '' cut.gguf
both "a GGUF file that lacks its end" 'cut.gguf: '
echo "no model" >foreign.gguf
write '' foreign.gguf
both "a file that is no GGUF file" 'foreign.gguf'

# ---- tokenizers and texts ----
spoil; rm bad/tokenizer.json bad/tokenizer_config.json
write '' bad model/texts.jsonl
both "texts for a model without a tokenizer" 'bad'
spoil; echo '{"model": {"type": "Telepathy"}}' >bad/tokenizer.json
write '' bad model/texts.jsonl
both "a tokenizer of an unknown kind" 'bad/tokenizer.json'

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
