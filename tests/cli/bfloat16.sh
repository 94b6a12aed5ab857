#!/bin/sh
# The emulated bfloat16 forward against transformers' (tests/data/bfloat16). A float32
# forward deviates from it by 1e-3 in the median: the bounds tell the two apart. Single
# values may move by a rounding that falls the other way.
families=$abs_top_srcdir/tests/data/families
expected=$abs_top_srcdir/tests/data/bfloat16
compare="python3 $abs_top_srcdir/tests/reference/compare_csv.py --quiet --tol-norm 1e-3 --tol-cos 1e-3 --tol-median 1e-5"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

echo 1..4
n=0
for model in llama qwen3 gemma2; do
    n=$((n + 1))
    head -n 1 "$families/$model/ids.txt" >"$work/ids.txt"
    if "$SINKGRID" measure "$families/$model" --ids "$work/ids.txt" --precision bfloat16 --output "$work/$model.csv" &&
        $compare "$expected/$model.csv" "$work/$model.csv"; then
        echo "ok $n - $model in bfloat16 equals the reference"
    else
        echo "not ok $n - $model in bfloat16 equals the reference"
    fi
done
"$SINKGRID" measure "$families/qwen3" --ids "$work/ids.txt" --output "$work/float32.csv"
if $compare "$expected/qwen3.csv" "$work/float32.csv" >"$work/report"; then
    echo "not ok 4 - a float32 forward is told apart"
else
    echo "ok 4 - a float32 forward is told apart"
fi
