#!/bin/bash
# Ground truth: in planted models sinks.csv names the planted sinks and no others, under
# both rules, at every depth; levels.csv the planted levels; and a statistic falls to its
# null where the property that it measures was left out.
. "$(dirname "$0")/lib.sh"
plan 26

# measure FOLDER OPTION...: plants one model and measures it in one process.
measure() {
    local folder=$1
    shift
    rm -rf "$scratch/grid" "${scratch:?}/$folder"
    "$SINKGRID" plant "$scratch/grid" --samples 4 --tokens 240 --marks 0.04 "$@" && run 0 "$folder"
}
sinks_of() { "$abs_top_srcdir/experiments/check-planted" "$scratch/$1/sinks.csv" "$scratch/grid"; }
# l_start, lifetime and count of the levels that levels.csv has; those that were planted.
levels_found() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
        $c["kind"] == "secondary" { print $c["l_start"], $c["lifetime_min"], $c["lifetime_max"], $c["count"] }' \
        "$scratch/$1/levels.csv" | sort -n
}
levels_planted() {
    python3 - "$scratch/grid/planted.json" <<'PYTHON' | sort -n
import json, sys
truth = json.load(open(sys.argv[1]))
for number, level in enumerate(truth["levels"]):
    count = sum(sink["level"] == number for sink in truth["sinks"])
    print(level["l_start"], level["lifetime"], level["lifetime"], count)
PYTHON
}
levels_of() { diff <(levels_planted) <(levels_found "$1"); }
exactly() { measure deep "$@" && sinks_of deep && levels_of deep; }

# ---- depths: below 21 layers the paper's rule has no secondary sinks, experiment.cfg takes "relative" ----
seed=1
for shape in 12/1 12/3 15/2 18/3 20/2 21/1 24/2 28/3 33/2 48/3 64/3; do
    ok "${shape%/*} layers, ${shape#*/} levels" exactly --layers "${shape%/*}" --levels "${shape#*/}" --seed $((seed++))
done
ok "six levels and eight strays" exactly --layers 48 --levels 6 --strays 8 --seed 20
ok "sinks that live as long as the primary" exactly --layers 28 --primary-like --seed 21
ok "levels where they were asked for" exactly --layers 40 --level 12:9 --level 12:14 --level 20:6
ok "another shape: width 96, 3 heads, 3 key/value heads" exactly --width 96 --heads 3 --kv-heads 3
ok "no sinks but the primary" exactly --levels 0

# ---- the same texts through the tokenizer, and without BOS ----
ok "a model for texts" measure ids --layers 26 --levels 2 --strays 2
sed -i 's/prompts.jsonl/texts.jsonl/' "$scratch/grid/experiment.cfg"
texts() { run 0 texts && sinks_of texts; }
ok "texts give the sinks of their ids" texts
sed -i 's/texts.jsonl/nobos.jsonl/' "$scratch/grid/experiment.cfg"
# One position lower; the first token, whichever it is, is the primary.
nobos() {
    run 0 nobos || return 1
    awk -F, 'BEGIN { OFS = "," } NR > 1 { if ($4 == "primary") $3 = "any"; else $2--; print }' \
        "$scratch/grid/planted.csv" | sort >"$scratch/expected"
    sed 's/"[^"]*"/token/g' "$scratch/nobos/sinks.csv" |
        awk -F, 'NR > 1 { print $4 "," $5 "," ($8 == "primary" ? "any" : $6) "," $8 "," $9 "," $10 "," $11 "," $12 "," $13 }' |
        sort | diff "$scratch/expected" -
}
ok "without BOS the first token is the primary" nobos

# ---- statistics and their nulls ----
column() { # FOLDER NAME: of the first model in scaling.csv
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } { print $c[name]; exit }' \
        "$scratch/$1/scaling.csv"
}
holds() { # FOLDER NAME CONDITION on x
    local x
    x=$(column "$1" "$2")
    echo "$2 = $x, wanted $3"
    [ -n "$x" ] && awk -v x="$x" "BEGIN { exit !($3) }"
}
missing() { [ -z "$(column "$1" "$2")" ]; }
ok "a model with all properties" measure all --layers 32 --levels 3
ok "the primary weakens while secondary sinks live" holds all weakening 'x < 0.85'
ok "the MLP's norm goes with the lifetime" holds all rho_mlp_norm_lifetime 'x > 0.8'
ok "and with the sink score" holds all rho_mlp_norm_score 'x > 0.5'
unweakened() { measure strong --layers 32 --levels 3 --no-weakening && sinks_of strong && holds strong weakening 'x > 0.97'; }
ok "no weakening where secondary sinks draw nothing" unweakened
falling() { measure fall --layers 32 --levels 3 --mlp-norm-slope -0.15 && holds fall rho_mlp_norm_lifetime 'x < -0.8'; }
ok "the sign follows the planted slope" falling
equal_norms() {
    measure flat --layers 32 --levels 3 --mlp-norm-slope 0 --noise 0.001 && sinks_of flat &&
        { missing flat rho_mlp_norm_lifetime || holds flat rho_mlp_norm_lifetime 'x < 0.7 && x > -0.7'; }
}
ok "no relation where all norms are alike" equal_norms
