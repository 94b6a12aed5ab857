#!/bin/bash
# A private Slurm of several nodes on this machine, for tests: own keys, own ports,
# loopback only. All nodes share the first two cores. Needs root, slurm-wlm and munge.
# usage: cluster.sh up|down FOLDER [NODES] [CORES]    FOLDER: absolute and short (unix sockets lie there)
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

up() {
    local n
    port=$((17000 + RANDOM % 10000))
    mkdir -p "$D"/{munge,sock,state,spool,log,tmp}
    chmod 755 "$D" "$D/sock"
    chmod 700 "$D/munge"
    for n in $(seq "$nodes"); do mkdir -p "$D/tmp/n$n"; chmod 1777 "$D/tmp/n$n"; done
    (umask 077; head -c 128 /dev/urandom >"$D/munge/key")
    munged --key-file="$D/munge/key" --socket="$D/sock/munge" --pid-file="$D/munge/pid" \
        --log-file="$D/munge/log" --seed-file="$D/munge/seed"
    write_configuration
    slurmctld -f "$SLURM_CONF"
    # Own host names, so that the nodes do not take each other's shared memory for theirs.
    for n in $(seq "$nodes"); do
        unshare --uts taskset -c 0,1 bash -c "hostname n$n; exec slurmd -f $SLURM_CONF -N n$n"
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
down) down ;;
*) echo "usage: cluster.sh up|down FOLDER [NODES] [CORES]" >&2; exit 2 ;;
esac
