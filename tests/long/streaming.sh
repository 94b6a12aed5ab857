#!/bin/bash
# A model of half a gigabyte where 200 MB of memory are allowed: its weights stream from
# the file, each layer's once a chunk, and the numbers stay. Needs a memory cgroup.
. "$(dirname "$0")/../mpi/lib.sh"

limit=200000000
make_group() {
    if [ -d /sys/fs/cgroup/memory ]; then # version 1
        group=/sys/fs/cgroup/memory/sinkgrid.$$ file=memory.limit_in_bytes
    else
        group=/sys/fs/cgroup/sinkgrid.$$ file=memory.max
    fi
    mkdir "$group" 2>/dev/null && echo $limit 2>/dev/null >"$group/$file"
}
cleanup() { rmdir "$group" 2>/dev/null; }
make_group || skip_all "no memory cgroup may be made here (root, cgroup file system)"

model=$scratch/model
python3 "$abs_top_srcdir/tests/reference/large_model.py" "$model"
python3 -c 'print(*((i * i + 7 * i) % 512 for i in range(300)))' >"$scratch/ids.txt"

# The process and, through wait, this shell know what was read from the device.
limited() {
    dd if="$model/model.safetensors" iflag=nocache count=0 2>/dev/null # out of the page cache
    (
        echo $BASHPID >"$group/cgroup.procs"
        "$SINKGRID" measure "$model" --ids "$scratch/ids.txt" --output "$scratch/limited.csv" || exit 1
        sed -n 's/^read_bytes: //p' /proc/$BASHPID/io >"$scratch/bytes"
    )
}
read_once() {
    local size read
    size=$(stat -c %s "$model/model.safetensors")
    read=$(cat "$scratch/bytes")
    echo "read $read bytes of $size"
    [ "$read" -gt $((size / 2)) ] && [ "$read" -lt $((size * 5 / 4)) ]
}

plan 3
ok "half a gigabyte of weights runs in 200 MB" limited
ok "and is read once" read_once
ok "the numbers are those with all memory" eval '"$SINKGRID" measure "$model" --ids "$scratch/ids.txt" --output "$scratch/free.csv" &&
    cmp "$scratch/limited.csv" "$scratch/free.csv"'
