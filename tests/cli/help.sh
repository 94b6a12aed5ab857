#!/bin/bash
# Every command explains itself, with an example; --version names what it was built from.
set -u
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$abs_top_srcdir/tests/environment"
: "${SINKGRID:=$abs_top_srcdir/build/sinkgrid}"

n=0
ok() { # NAME COMMAND...
    local name=$1
    shift
    n=$((n + 1))
    if "$@" >/dev/null 2>&1; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}
explains() { # COMMAND: usage line, an example that names it, the same from `help`
    local text
    text=$("$SINKGRID" "$1" --help) || return 1
    grep -q "^usage: sinkgrid $1" <<<"$text" || return 1
    grep -qE "^example: .*(sinkgrid( help)? $1|--$1)" <<<"$text" || return 1
    [ "$text" = "$("$SINKGRID" help "$1")" ]
}
narrow() { # no line of --help is wider than a terminal of 120 columns
    [ "$("$SINKGRID" "$1" --help | awk '{ if (length($0) > widest) widest = length($0) } END { print widest }')" -le 120 ]
}
# Two spaces, a name, two or more spaces, a summary: commands up to the word "further", topics after it.
commands() { "$SINKGRID" help | sed -n '/^further/q; s/^  \([a-z]*\)  .*/\1/p'; }
topics() { "$SINKGRID" help | sed -n '/^further/,$ s/^  \([a-z-]*\)  .*/\1/p'; }

ok "help without arguments lists commands" test "$(commands | wc -l)" -ge 6
for command in $(commands); do
    ok "$command explains itself with an example" explains "$command"
    ok "$command's help fits a terminal" narrow "$command"
done
for topic in $(topics); do
    ok "topic $topic has a text" test "$("$SINKGRID" help "$topic" | wc -l)" -ge 3
done
for part in revision kernel bfloat16 mpi openblas netcdf libconfig jansson nettle pcre2 utf8proc; do
    ok "--version names $part" sh -c "'$SINKGRID' --version | grep -q '^$part  *[^ ]'"
done
ok "version --json is JSON" sh -c "'$SINKGRID' version --json | python3 -c 'import json, sys; json.load(sys.stdin)[\"mpi\"]'"
ok "help alone equals no arguments" test "$("$SINKGRID")" = "$("$SINKGRID" help)"
echo "1..$n"
