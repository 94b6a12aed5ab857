#!/bin/bash
# Job scripts: the templates and what `sinkgrid batch` makes of them are scripts that
# hold what was asked for and that Slurm takes.
. "$(dirname "$0")/../mpi/lib.sh"
plan 20

templates=$abs_top_srcdir/experiments/batch
program=$SINKGRID
script() { "$SINKGRID" batch "$1" "$scratch/grid/experiment.cfg" --program "$program" "${@:3}" >"$scratch/$2"; }
has() { grep -qxF -- "$2" "$scratch/$1" || { echo "no line $2 in:"; cat "$scratch/$1"; return 1; }; }
# Comment lines and directives alternate: none of the latter stands unexplained at the head of a paragraph.
explained() { awk '/^#(SBATCH|PBS)/ && last ~ /^$/ { exit 1 } { last = $0 }' "$1"; }

plant --family-size 3 --samples 8 --tokens 40
for system in slurm pbs; do
    ok "the $system template is a shell script" bash -n "$templates/$system.sh"
    ok "the $system template explains its lines" explained "$templates/$system.sh"
done

ok "a script for Slurm" script slurm job.sh --nodes 3 --ranks-per-node 2 --threads 1 --time 10:00 --node-memory 1G \
    --set "results=\"$scratch/batch\""
ok "is a shell script" bash -n "$scratch/job.sh"
ok "with the nodes that were asked for" has job.sh "#SBATCH --nodes=3"
ok "with the ranks" has job.sh "#SBATCH --ntasks-per-node=2"
ok "with the memory of a node, not more" has job.sh "#SBATCH --mem=1024M"
ok "with the time" has job.sh "#SBATCH --time=00:10:00"
ok "with the options of the run" has job.sh "options=('--set' 'results=\"$scratch/batch\"')"
array() { script slurm array.sh --array --threads 1 --cores 4 && has array.sh "#SBATCH --array=0-2" &&
    has array.sh "models=('planted-1' 'planted-2' 'planted-3')"; }
ok "an array has a task for each model" array
pbs() { script pbs job.pbs --nodes 2 --ranks-per-node 3 --threads 2 --time 26:00:00 --node-memory 2G &&
    bash -n "$scratch/job.pbs" && has job.pbs "#PBS -l walltime=26:00:00" &&
    has job.pbs "#PBS -l select=2:ncpus=6:mpiprocs=3:ompthreads=2:mem=2048mb"; }
ok "a script for PBS" pbs

# ---- what a script for PBS does; the run is one process, the queue notes what it is given ----
queue=$scratch/queue
mkdir -p "$scratch/bin" "$queue"
printf '#!/bin/sh\necho "$*" >>"%s/asked"\n' "$queue" >"$scratch/bin/qsub"
printf '#!/bin/sh\nexit 75\n' >"$scratch/bin/stopped" # a sinkgrid whose time is up
chmod +x "$scratch/bin"/*
job() { (cd "$queue" && PATH=$scratch/bin:$PATH SINKGRID_LAUNCH=env bash "$@"); }
save() { program=$scratch/bin/stopped script pbs again --threads 1 --cores 4 --name "my grid" &&
    cp "$scratch/again" "$queue/$1"; }
named() { save my_grid.pbs && has again "script='my_grid.pbs'" && status_is 75 job my_grid.pbs &&
    [ "$(cat "$queue/asked")" = "-v SINKGRID_TRY=1 my_grid.pbs" ]; }
ok "saved under the job's name it submits itself again by it" named
elsewhere() { rm "$queue"/*; save other.pbs && status_is 2 job other.pbs 2>"$scratch/said" && [ ! -e "$queue/asked" ] &&
    grep -q "^my_grid.pbs: not there from $queue, so this job could not submit itself again" "$scratch/said"; }
ok "under another it says so at once: status 2" elsewhere

# ---- tasks of an array, one with a weight that is no number ----
weights=$scratch/grid/planted-2/model.safetensors
cp "$weights" "$scratch/whole"
printf '\377\377\377\377' | dd of="$weights" bs=1 seek=$(($(stat -c %s "$weights") / 8 * 4)) conv=notrunc status=none
known() { "$SINKGRID" status "$scratch/grid/experiment.cfg" --set "results=\"$scratch/together-$1\"" --model planted-2; }
records() { find "$scratch/together-$1/failed" -name '*.txt' | wc -l; }
task() { # SYSTEM OPTION...: the second
    script "$1" task --array --threads 1 --cores 4 --set "results=\"$scratch/together-$1\"" "${@:2}" &&
        PBS_ARRAY_INDEX=1 SLURM_ARRAY_TASK_ID=1 SLURM_NTASKS=1 job "$scratch/task"
}
failures() { # a failure is known in the common folder until the unit is stored
    status_is 1 task "$1" && status_is 1 known "$1" && [ "$(records "$1")" -gt 0 ] &&
        status_is 0 task "$1" --set allow_nonfinite=true && status_is 0 known "$1" && [ "$(records "$1")" = 0 ]
}
for system in slurm pbs; do
    ok "$system: a task's failures are known where units are brought together, until they are mended" failures $system
done
cp "$scratch/whole" "$weights"

# ---- Slurm's own opinion; tests/slurm/grid.sh submits one ----
cluster=$abs_top_srcdir/tests/slurm/cluster.sh reason=
for tool in slurmctld slurmd munged sbatch; do
    command -v $tool >/dev/null || reason="$tool is not installed"
done
[ "$(id -u)" = 0 ] || reason="needs root to start slurmd"
chmod 755 "$scratch" # munged wants its socket within reach of all
if [ -z "$reason" ]; then
    bash "$cluster" up "$scratch/c" 3 4 >"$scratch/out" 2>&1 || reason="no cluster: $(tail -n 1 "$scratch/out")"
    cleanup() { bash "$cluster" down "$scratch/c"; }
fi
export SLURM_CONF=$scratch/c/slurm.conf
for name in job.sh array.sh template; do
    [ $name != template ] && file=$scratch/$name || file=$templates/slurm.sh
    if [ -n "$reason" ]; then
        skip "sbatch takes $name" "$reason"
    else
        ok "sbatch takes $name" sbatch --test-only "$file"
    fi
done
