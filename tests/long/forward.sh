#!/bin/bash
# The same bits for any chunks, stages and threads (tests/unit/test_forward) under the
# kernels that are not the CPU's best.
. "$(dirname "$0")/../mpi/lib.sh"

program=$(dirname "$SINKGRID")/tests/unit/test_forward
[ -x "$program" ] || skip_all "tests/unit/test_forward is not built (no cmocka)"
plan 2
for kernel in native-generic openblas; do
    ok "$kernel: bits do not depend on cuts" env SINKGRID_KERNEL=$kernel abs_top_srcdir="$abs_top_srcdir" "$program"
done
