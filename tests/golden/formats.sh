#!/bin/bash
# The same real models as GGUF and as a folder of safetensors: the same numbers. The
# folders are written here, in float32 (1.6 GB).
. "$(dirname "$0")/lib.sh"
need_model smollm2
smollm2=$model_file
need_model gemma3
gemma3=$model_file
free_mb=$(df -Pm "$scratch" | awk 'NR == 2 {print $4}')
[ "$free_mb" -ge 2500 ] || skip_all "$free_mb MB free in $scratch, 2500 are needed"
plan 6

to_folder=$(dirname "$SINKGRID")/tests/golden/to_folder
python3 "$reference/own_text.py" >"$scratch/text.txt"
ids() { "$SINKGRID" tokenize "$1" "$scratch/text.txt" | cut -d' ' -f1-700 >"$scratch/ids.txt"; }
measure() { "$SINKGRID" measure "$1" --ids "$scratch/ids.txt" --output "$scratch/$2.csv"; }
same() { python3 "$reference/compare_csv.py" --all-rows --tol-median 1e-5 "$scratch/gguf.csv" "$scratch/folder.csv"; }

for model in "$smollm2" "$gemma3"; do
    name=$(basename "$model" .gguf)
    ids "$model"
    ok "$name: written as a folder" "$to_folder" "$model" "$scratch/folder"
    ok "$name: measured in both formats" eval 'measure "$model" gguf && measure "$scratch/folder" folder'
    ok "$name: the same numbers" same
    rm -r "$scratch/folder"
done
