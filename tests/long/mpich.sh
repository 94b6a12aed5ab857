#!/bin/bash
# The same program built with MPICH: the tests with ranks, run with its mpiexec.
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
command -v mpicc.mpich >/dev/null && command -v mpirun.mpich >/dev/null || { echo "1..0 # SKIP MPICH is not installed (mpich)"; exit 0; }
build=$(mktemp -d "${TMPDIR:-/tmp}/sg.mpich.XXXXXX")
trap 'rm -rf "$build"' EXIT
tests="ranks failure crowd lock stop hang kill"
echo "1..$(($(wc -w <<<"$tests") + 1))"
(cd "$build" && "$abs_top_srcdir/configure" -q MPICC=mpicc.mpich && make -s -j2 && make -s tests/mpi/ncsame) >"$build/out" 2>&1 ||
    { sed 's/^/# /' "$build/out" | tail -n 20; echo "not ok 1 - builds with MPICH"; exit 1; }
echo "ok 1 - builds with MPICH"
export SINKGRID=$build/sinkgrid NCSAME=$build/tests/mpi/ncsame MPIRUN=mpirun.mpich abs_top_srcdir
n=1
for test in $tests; do
    n=$((n + 1))
    bash "$abs_top_srcdir/tests/mpi/$test.sh" >"$build/out" 2>&1
    if grep -q '^not ok' "$build/out" || ! grep -q '^1\.\.' "$build/out"; then
        grep -v '^ok' "$build/out" | sed 's/^/# /'
        echo "not ok $n - $test"
    else
        echo "ok $n - $test ($(grep -c '^ok' "$build/out") points)"
    fi
done
