# Sourced by the tests on real weights, beside tests/mpi/lib.sh: finds or fetches a
# model, a Python that reads NetCDF, and the study's texts; skips, saying why.
. "$(dirname "$0")/../mpi/lib.sh"
golden=$abs_top_srcdir/tests/golden
reference=$abs_top_srcdir/tests/reference
data=$abs_top_srcdir/tests/data

# Where models are kept: $SINKGRID_MODELS, else the demo's folder, else (a source
# tree that may only be read, as in distcheck) the user's cache.
models_folder() {
    local folder=${SINKGRID_MODELS:-$abs_top_srcdir/experiments/models}
    [ -d "$folder" ] || mkdir -p "$folder" 2>/dev/null || folder=${XDG_CACHE_HOME:-$HOME/.cache}/sinkgrid
    mkdir -p "$folder" && echo "$folder"
}

# need_model NAME: sets $model_file, fetched if it is not there.
need_model() {
    local folder
    folder=$(models_folder)
    "$abs_top_srcdir/experiments/fetch" --into "$folder" "$1" >"$scratch/fetch" 2>&1 ||
        skip_all "$1 is not in $folder and could not be fetched: $(tail -n 1 "$scratch/fetch")"
    model_file=$(sed -n 's/: \(there\|fetched.*\)$//p' "$scratch/fetch")
}

# need_python: sets $python, which may be another than the first on the path.
need_python() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import netCDF4' 2>/dev/null && return
    done
    skip_all "no Python that reads NetCDF: apt-get install python3-netcdf4"
}

# need_study FILE: sets $study_file.
need_study() {
    study_file=$SINKGRID_STUDY_DATA/$1
    [ -f "$study_file" ] || skip_all "the study's $1 is not in $SINKGRID_STUDY_DATA"
}
