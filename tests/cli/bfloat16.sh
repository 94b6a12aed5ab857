#!/bin/sh
# The emulated bfloat16 forward against transformers' (tests/data/bfloat16). A float32
# forward deviates from it by 1e-3 in the median: the bounds tell the two apart. Single
# values may move by a rounding that falls the other way; in gpt-oss a router's weight
# passes it on.
families=$abs_top_srcdir/tests/data/families
expected=$abs_top_srcdir/tests/data/bfloat16
compare="python3 $abs_top_srcdir/tests/reference/compare_csv.py --quiet"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

measure() { # MODEL OUTPUT [OPTION ...]
    model=$1 output=$2
    shift 2
    head -n 1 "$families/$model/ids.txt" >"$work/ids.txt"
    "$SINKGRID" measure "$families/$model" --ids "$work/ids.txt" --output "$output" "$@"
}

echo 1..9
n=0
while read -r model tolerance median; do
    n=$((n + 1))
    if measure "$model" "$work/$model.csv" --precision bfloat16 </dev/null &&
        $compare --tol-norm "$tolerance" --tol-cos "$tolerance" --tol-median "$median" \
            "$expected/$model.csv" "$work/$model.csv" </dev/null; then
        echo "ok $n - $model in bfloat16 equals the reference"
    else
        echo "not ok $n - $model in bfloat16 equals the reference"
    fi
done <<TABLE
gemma2    1e-3  1e-5
gpt-neox  1e-3  1e-5
gpt-oss   1e-2  1e-4
gpt2      1e-3  1e-5
llama     1e-3  1e-5
olmo2     1e-3  1e-5
opt       1e-3  1e-5
qwen3     1e-3  1e-5
TABLE
measure qwen3 "$work/float32.csv"
if $compare --tol-norm 1e-3 --tol-cos 1e-3 --tol-median 1e-5 "$expected/qwen3.csv" "$work/float32.csv" >"$work/report"; then
    echo "not ok 9 - a float32 forward is told apart"
else
    echo "ok 9 - a float32 forward is told apart"
fi
