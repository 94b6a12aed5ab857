#!/bin/sh
# A minute of each fuzz target under the sanitizers.
FUZZ_SECONDS=${FUZZ_SECONDS:-60}
export FUZZ_SECONDS
exec bash "$abs_top_srcdir/tests/fuzz/run"
