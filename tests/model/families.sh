#!/bin/bash
# Every architecture, in both formats, against transformers in float32 (expected.csv of
# each case of tests/data/families), under every kernel; the same bytes from any number
# of threads and whether samples are packed together or run alone.
. "$(dirname "$0")/../mpi/lib.sh"

cases=$abs_top_srcdir/tests/data/families
compare=$abs_top_srcdir/tests/reference/compare_csv.py
command -v python3 >/dev/null || skip_all "no python3 to compare tables with"

measure() { # MODEL IDS OUTPUT [OPTION...]; dynamic scaling is tested beyond the model's positions
    local model=$1 ids=$2 output=$3
    shift 3
    timeout 60 "$SINKGRID" measure "$model" --ids "$ids" --overflow extend --output "$output" "$@"
}
equals_reference() { # MODEL KERNEL ("": the CPU's best)
    local folder=$1
    [ -d "$1" ] || folder=$(dirname "$1")
    SINKGRID_KERNEL=$2 measure "$1" "$folder/ids.txt" "$scratch/actual.csv" || return 1
    python3 "$compare" "$folder/expected.csv" "$scratch/actual.csv" --quiet
}
kernels() { # those that are not the default and that this CPU can run
    local kernel
    for kernel in native-generic native-avx2 openblas; do
        SINKGRID_KERNEL=$kernel measure "$1" "$1/ids.txt" /dev/null >/dev/null 2>&1 && echo $kernel
    done
}
every_kernel() { # MODEL
    local kernel
    for kernel in $kernels; do
        equals_reference "$1" "$kernel" || { echo "under $kernel"; return 1; }
    done
}
same_bytes() { # MODEL: 1 and 3 threads; each sample alone, with its number put in
    local sample=0 ids
    measure "$1" "$1/ids.txt" "$scratch/one.csv" --threads 1 || return 1
    measure "$1" "$1/ids.txt" "$scratch/three.csv" --threads 3 || return 1
    cmp "$scratch/one.csv" "$scratch/three.csv" || return 1
    head -n 1 "$scratch/one.csv" >"$scratch/alone.csv"
    while read -r ids; do
        echo "$ids" >"$scratch/ids.txt"
        measure "$1" "$scratch/ids.txt" "$scratch/sample.csv" --threads 1 || return 1
        sed "1d; s/^0,/$sample,/" "$scratch/sample.csv" >>"$scratch/alone.csv"
        sample=$((sample + 1))
    done <"$1/ids.txt"
    cmp "$scratch/one.csv" "$scratch/alone.csv"
}

kernels=$(kernels "$cases/llama")
names=$(ls "$cases" | grep -v '\.')
n_gguf=$(ls "$cases"/*/model.gguf 2>/dev/null | wc -l)
plan $((3 * $(wc -w <<<"$names") + n_gguf))
for name in $names; do
    ok "$name: safetensors equal transformers" equals_reference "$cases/$name" ""
    [ ! -f "$cases/$name/model.gguf" ] || ok "$name: GGUF equals transformers" equals_reference "$cases/$name/model.gguf" ""
    ok "$name: every kernel" every_kernel "$cases/$name"
    ok "$name: same bytes for any threads and packing" same_bytes "$cases/$name"
done
