#!/bin/bash
# A private Slurm of several nodes on this machine, for tests: own keys, own ports,
# loopback only. All nodes share the first CORES cores that this process may use, fewer
# if it may use fewer. Needs root, slurm-wlm and munge.
# usage: cluster.sh up FOLDER [NODES] [CORES] | node FOLDER NAME | down FOLDER
# FOLDER: absolute and short (unix sockets lie there); node: starts a lost one again
set -eu
action=$1 D=$2 nodes=${3:-3} cores=${4:-2}
export SLURM_CONF=$D/slurm.conf

down() {
    local file pid
    for file in "$D"/slurmd.*.pid "$D/slurmctld.pid" "$D/munge/pid"; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
        kill -KILL "$pid" 2>/dev/null || :
    done
}

# The first $cores of the CPUs that this process may use ("0-3,8"), as a list for taskset.
shared_cores() {
    local part
    taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while read -r part; do seq "${part%-*}" "${part#*-}"; done |
        head -n "$cores" | paste -sd,
}

# A run of free ports, one for the controller and one for each node.
find_ports() {
    local p
    for _ in $(seq 100); do
        port=$((17000 + RANDOM % 10000))
        for p in $(seq $port $((port + nodes))); do
            (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null && continue 2
        done
        return 0
    done
    return 1
}

write_configuration() {
    printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=yes\n' >"$D/cgroup.conf"
    cat >"$SLURM_CONF" <<CONF
ClusterName=sinkgrid
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$D/sock/munge
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/slurmctld.pid
SlurmdPidFile=$D/slurmd.%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd.%n.log
TmpFS=$D/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MpiDefault=pmix
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=5
SlurmdTimeout=10
NodeName=n[1-$nodes] NodeHostname=n[1-$nodes] NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=$cores CoresPerSocket=$cores RealMemory=4000
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
CONF
}

# Own host names, so that the nodes do not take each other's shared memory for theirs.
start_node() {
    unshare --uts taskset -c "$(shared_cores)" bash -c "hostname $1; exec slurmd -f $SLURM_CONF -N $1"
}

up() {
    local n
    find_ports
    mkdir -p "$D"/{munge,sock,state,spool,log,tmp}
    chmod 755 "$D" "$D/sock"
    chmod 700 "$D/munge"
    for n in $(seq "$nodes"); do mkdir -p "$D/tmp/n$n"; chmod 1777 "$D/tmp/n$n"; done
    (umask 077; head -c 128 /dev/urandom >"$D/munge/key")
    munged --key-file="$D/munge/key" --socket="$D/sock/munge" --pid-file="$D/munge/pid" \
        --log-file="$D/munge/log" --seed-file="$D/munge/seed"
    write_configuration
    slurmctld -f "$SLURM_CONF"
    for n in $(seq "$nodes"); do
        start_node "n$n"
    done
    for _ in $(seq 200); do
        [ "$(sinfo -h -o %T%D)" = "idle$nodes" ] && return 0
        sleep 0.1
    done
    sinfo
    tail -n 5 "$D"/log/*
    return 1
}

case $action in
up) up ;;
node) start_node "$3" ;;
down) down ;;
*) echo "usage: cluster.sh up FOLDER [NODES] [CORES] | node FOLDER NAME | down FOLDER" >&2; exit 2 ;;
esac
