#!/bin/bash
# Published records as a user imports them: 48 layers, several lifetimes, gaps and noise (records.py) against
# tables worked out by hand; both vocabularies; compare; the page.
. "$(dirname "$0")/../mpi/lib.sh"
here=$abs_top_srcdir/tests/cli
plan 18

import() { # VOCABULARY FOLDER
    python3 "$here/records.py" "$1" >"$scratch/texts.jsonl" &&
        "$SINKGRID" import "$scratch/texts.jsonl" --model Distill-14B --family Distill --layers 48 \
            --params 14770033664 --results "$scratch/$2"
}
columns() { # TABLE NAME...: these columns of a table, in this order
    local table=$1
    shift
    awk -F, -v names="$*" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
        { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? " " : "\n" }' "$table"
}
# By hand: at layer 22 lifetimes 12 13 14 15 | 22 22 23 24, cut where neighbours differ by more than 2;
# at layer 30 lifetimes 9 11, two sinks: no level.
levels() {
    diff - <(columns "$scratch/published/levels.csv" kind l_start lifetime_min lifetime_median lifetime_max count share) <<'TEXT'
primary 4 42 43 43 7 1
secondary 22 12 13.5 15 4 0.4
secondary 22 22 22.5 24 4 0.4
TEXT
}
sinks() {
    diff - <(columns "$scratch/published/sinks.csv" sample position token_id kind l_start lifetime) <<'TEXT'
0 0 100 primary 4 43
0 30 130 secondary 22 22
0 50 150 secondary 22 24
1 0 100 primary 4 43
1 31 131 secondary 22 23
2 0 100 primary 4 43
2 32 132 secondary 22 22
3 0 100 primary 4 43
3 1 101 primary-like 4 37
3 33 133 secondary 22 15
4 0 100 primary 4 43
4 34 134 secondary 22 12
4 60 160 secondary 22 13
4 61 161 secondary 22 14
5 0 100 primary 4 43
5 35 135 secondary 30 9
5 36 136 secondary 30 11
5 70 170 noise 10 1
5 71 171 noise 10 2
6 0 100 primary 4 42
TEXT
}
# near NAME EXPECTED: of scaling.csv
near() {
    local x
    x=$(columns "$scratch/published/scaling.csv" "$1")
    echo "$1 = $x instead of $2"
    [ -n "$x" ] && awk -v x="$x" -v y="$2" 'BEGIN { d = x - y; exit !(d < 1e-6 && d > -1e-6) }'
}
# Ten sinks, eight in levels; (22, 22) twice and eight other pairs once; deviations of 12 13 14 15 and of 22 22 23 24.
statistics() {
    near n_samples 7 && near n_tokens 3500 && near secondary_count 10 && near secondary_per_1000_tokens 2.857142857 &&
        near n_levels 2 && near level_share 0.8 && near n_unassigned 2 && near n_distinct 9 &&
        near entropy "$(awk 'BEGIN { printf "%.9f", -0.2 * log(0.2) - 0.8 * log(0.1) }')" &&
        near within_level_sd "$(awk 'BEGIN { printf "%.9f", (sqrt(5 / 3) + sqrt(2.75 / 3)) / 2 }')" &&
        near l_start_over_n_layers "$(awk 'BEGIN { printf "%.9f", 22 / 48 }')" &&
        near primary_l_start 4 && near primary_lifetime 43
}
# What records do not hold is missing, not zero.
unmeasured() {
    [ "$(columns "$scratch/published/scaling.csv" rule primary_score weakening rho_mlp_norm_score cos_mlp_start same_id_others)" = \
        "imported     " ] && [ -z "$(columns "$scratch/published/sinks.csv" kind_relative sink_score mlp_norm | tr -d ' \n')" ]
}
same_tables() { for t in sinks levels scaling; do cmp "$scratch/published/$t.csv" "$scratch/older/$t.csv" || return 1; done; }

ok "records are imported" import secondary published
ok "sinks.csv has them, gaps not counted, layers in order" sinks
ok "levels.csv has two levels of one first layer" levels
ok "scaling.csv has what follows from them" statistics
ok "what records do not hold is missing" unmeasured
ok "the older vocabulary is imported" import cliff older
ok "and gives the same tables" same_tables
marked() { "$SINKGRID" report "$scratch/published" && grep -q 'Distill-14B (imported)' "$scratch/published/report.html"; }
ok "the page marks them as imported" marked

# ---- compare: one of ten secondary sinks taken away, one later by a layer and shorter by one ----
compares() { # FOLDER CONDITION [FOLDER TO COMPARE WITH]: in Python, on the only pair c
    "$SINKGRID" compare "$scratch/${3:-published}" "$scratch/$1" --json >"$scratch/$1.json" && python3 - "$scratch/$1.json" "$2" <<'PYTHON'
import json, sys
(c,) = json.load(open(sys.argv[1]))
print(c)
sys.exit(not eval(sys.argv[2]))
PYTHON
}
equal='c["jaccard"] == 1 and c["secondary_both"] == 10 and c["agree"] == c["either"] and c["l_start"]["max_abs"] == 0'
ok "compare finds the two equal" compares older "$equal"
changed() {
    sed -e '2s/"31": {"layer": \[22, /"31": {"layer": [/' -e '4s/"33"/"34"/' "$scratch/texts.jsonl" >"$scratch/changed.jsonl" &&
        "$SINKGRID" import "$scratch/changed.jsonl" --model Distill-14B --family Distill --layers 48 --results "$scratch/changed"
}
ok "changed records are imported" changed
# Nine of each side's ten are shared, eleven are in either; one of nine starts a layer later.
differs='c["secondary_both"] == 9 and abs(c["jaccard"] - 9 / 11) < 1e-6 and c["l_start"]["n"] == 9 and c["l_start"]["equal"] == 8
    and abs(c["l_start"]["mean"] - 1 / 9) < 1e-6 and abs(c["lifetime"]["mean"] + 1 / 9) < 1e-6'
ok "compare counts what differs" compares changed "${differs//$'\n'/}"
far() { status_is 2 "$SINKGRID" import "$scratch/texts.jsonl" --model D --family D --layers 40 --results "$scratch/far"; }
ok "records of more layers than the model has are refused" far
ok "and leave nothing behind" test ! -e "$scratch/far/sinks.csv"

# ---- what was planted, as records, against what is measured; and two precisions ----
plant --layers 24 --levels 2 --samples 3 --tokens 240 --marks 0.04
planted() {
    python3 - "$scratch/grid/planted.json" >"$scratch/planted.jsonl" <<'PYTHON' &&
import json, sys
truth = json.load(open(sys.argv[1]))
primary = truth["primary"]
for sample in sorted({sink["sample"] for sink in truth["sinks"]}):
    found = {primary["position"]: {"layer": list(range(primary["start"], primary["end"])), "sink_type": "bos_sink"}}
    for sink in truth["sinks"]:
        if sink["sample"] == sample:
            layers = range(sink["l_start"], sink["l_start"] + sink["lifetime"])
            found[sink["position"]] = {"layer": list(layers), "token_id": sink["token_id"], "sink_type": sink["kind"]}
    print(json.dumps({"candidate_sinks": found, "sample_index": sample}))
PYTHON
        "$SINKGRID" import "$scratch/planted.jsonl" --model planted --family planted --layers 24 --results "$scratch/truth"
}
same='c["samples"] == 3 and c["primary_same"] == 3 and c["secondary_both"] > 10 and c["jaccard"] == 1 and c["agree"] == c["either"]
    and c["l_start"]["max_abs"] == 0 and c["lifetime"]["max_abs"] == 0'
ok "a planted model is measured" run 0 measured
ok "what was planted is imported" planted
ok "imported and measured are the same sinks" compares measured "${same//$'\n'/}" truth
ok "measured in bfloat16" run 0 bfloat16 --set 'precision="bfloat16"'
rounded="${same//$'\n'/} and c[\"sink_score\"][\"equal\"] == 0 and 0 < c[\"sink_score\"][\"max_abs\"] < 0.01"
ok "the same sinks with other scores" compares bfloat16 "$rounded" measured
