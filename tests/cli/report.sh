#!/bin/bash
# The report's page: complete, self-contained, within its width on a desktop and on a phone; the example in
# Python opens the same results. Pictures stay in $SINKGRID_PICTURES, if that names a folder.
. "$(dirname "$0")/../mpi/lib.sh"
here=$abs_top_srcdir/tests/cli
results=$scratch/results page=$scratch/results/report.html
model_figures="levels scores norms background sink_rate"

check() { python3 "$here/page.py" "$1" "$page" "${@:2}"; }
browser() { # headless, with a folder of its own
    timeout 120 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$scratch/browser" "$@" 2>"$scratch/browser.out"
}
widest_within() { # WIDTH: no element reaches beyond it
    python3 "$here/page.py" frame "$page" "$1" "$scratch/frame$1.html" || return 1
    browser --window-size=1400,1000 --virtual-time-budget=8000 --dump-dom "file://$scratch/frame$1.html" \
        >"$scratch/dom" || return 1
    widest=$(sed -n 's/.*<title>widest \([0-9]*\) \(.*\)<\/title>.*/\1/p' "$scratch/dom")
    sed -n 's/.*\(<title>.*<\/title>\).*/\1/p' "$scratch/dom"
    [ -n "$widest" ] && [ "$widest" -le "$1" ]
}
# By parameters, upwards and down; without scripts the tables stand as they are.
sorts() {
    check click "$scratch/click.html" && browser --virtual-time-budget=3000 --dump-dom "file://$scratch/click.html" >"$scratch/dom" &&
        sed -n 's/.*\(<title>.*<\/title>\).*/\1/p' "$scratch/dom" &&
        grep -q '<title>sorted planted-1B planted-1.4B planted-2B; planted-2B planted-1.4B planted-1B</title>' "$scratch/dom"
}
picture() { # WIDTH: a picture of the page that is not blank
    local file=${SINKGRID_PICTURES:-$scratch}/report-$1.png
    browser --window-size="$1,2400" --screenshot="$file" "file://$page" || return 1
    [ "$(stat -c %s "$file")" -gt 60000 ]
}
pictures() { picture 1280 && picture 500; }
same_again() {
    cp "$page" "$scratch/before.html"
    "$SINKGRID" report "$results" && cmp "$page" "$scratch/before.html"
}
without_gnuplot() {
    mkdir -p "$scratch/bare" && PATH=$scratch/bare "$SINKGRID" report "$results" &&
        grep -q 'No figures: gnuplot is not on the PATH' "$page" && ! grep -q '<svg' "$page" && grep -q '<table>' "$page"
}
no_summary() {
    mkdir -p "$scratch/empty"
    ! "$SINKGRID" report "$scratch/empty" 2>"$scratch/error" && grep -q 'sinkgrid summarize' "$scratch/error"
}
damaged_summary() {
    cp -r "$results" "$scratch/damaged" && rm -f "$scratch/damaged/report.html" &&
        truncate -s -100 "$scratch/damaged/summary.nc" &&
        ! "$SINKGRID" report "$scratch/damaged" 2>"$scratch/error" &&
        grep -q 'summary.nc' "$scratch/error" && [ ! -e "$scratch/damaged/report.html" ]
}

plan 18
ok "units are planted" "$(dirname "$SINKGRID")/tests/cli/plant_results" "$results"
ok "they are summarized" "$SINKGRID" summarize "$results"
ok "a folder without a summary is told what to do" no_summary
ok "a damaged summary makes no page" damaged_summary
if command -v gnuplot >/dev/null; then
    ok "the page is made" "$SINKGRID" report "$results"
    ok "each model has its figures" check figures 4 $model_figures
    ok "models with sinks have those of the MLP, families theirs" check figures 3 alignment mlp_norm
    ok "families have theirs" check figures 2 family
    ok "made again it is the same, byte for byte" same_again
else
    for name in page figures MLP families again; do skip "$name" "no gnuplot"; done
    "$SINKGRID" report "$results" >/dev/null 2>&1
fi
ok "nothing is loaded from elsewhere" check alone
ok "ids are unique, links lead somewhere, tags are closed" check ids
ok "names are text, not markup" check escaped '<script>alert("x")</script>&'\'
if command -v chromium >/dev/null; then
    ok "no element is wider than a desktop's page" widest_within 1280
    ok "no element is wider than a phone's page" widest_within 375
    ok "tables are sorted where scripts run" sorts
    ok "neither picture is blank" pictures
else
    for name in desktop phone sorting pictures; do skip "$name" "no chromium"; done
fi
for python in python3 /usr/bin/python3 ""; do # Debian's modules are Debian's Python's
    [ -n "$python" ] && "$python" -c 'import matplotlib, xarray, netCDF4' 2>/dev/null && break
done
if [ -n "$python" ]; then
    ok "the example in Python redraws a figure" "$python" "$abs_top_srcdir/analysis/example.py" "$results" "$scratch/example.svg"
else
    skip "the example in Python" "no matplotlib, xarray or netCDF4"
fi
ok "without gnuplot the page has its tables and says so" without_gnuplot
