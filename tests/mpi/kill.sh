#!/bin/bash
# SIGKILL at random moments to a random rank, the master or mpirun: a rerun completes,
# nothing finished is computed again, and the results equal an undisturbed run's.
# KILLS: how many moments (4; tests/long/kill.sh takes 50). SEED: of the moments.
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-4}
plan $((2 * kills + 4))
RANDOM=${SEED:-$$}
echo "# seed $RANDOM"

plant --samples 60 --tokens 150
settings="--set pipeline.stages=2 --set pipeline.chunk=64 --set pipeline.shard=3"
ok "an undisturbed run" run 4 whole $settings
n_units=$(stored whole)

all_gone() { local pid; for pid in "$@"; do gone "$pid" || return 1; done; }

# kill_at UNITS MOMENT VICTIM: when so many units are stored, so many milliseconds
# later; a rank's number or "mpirun".
kill_at() {
    local pids victim
    start 4 killed $settings
    wait_for 60 has_stored killed "$1"
    sleep "0.$(printf '%03d' "$2")"
    pids=$(ranks_of $launcher)
    victim=$launcher
    [ "$3" = mpirun ] || victim=$(awk -v r="$3" '$1 == r {print $2; exit}' <<<"$pids")
    kill -KILL "${victim:-$launcher}" 2>/dev/null
    launcher_end
    wait_for 30 all_gone $(awk '{print $2}' <<<"$pids")
}

unchanged() { [ -z "$(comm -13 <(fingerprint killed) <(echo "$1"))" ]; }
for i in $(seq "$kills"); do
    case $((i % 4)) in
    0) victim=mpirun ;;
    1) victim=0 ;;
    *) victim=$((1 + RANDOM % 3)) ;;
    esac
    if [ "$(stored killed)" -ge $((n_units - 3)) ]; then # nearly done: from the start
        run 4 killed $settings && same whole killed >"$scratch/out" || note <"$scratch/out"
        rm -rf "$scratch/killed"
    fi
    before=$(fingerprint killed)
    units=$(($(stored killed) + RANDOM % 3))
    moment=$((RANDOM % 600))
    ok "killed $victim $moment ms after unit $units of $n_units: its processes end" kill_at $units $moment $victim
    ok "no stored unit is lost or written again ($(stored killed) stored)" unchanged "$before"
done
ok "the rerun completes" run 4 killed $settings
ok "the results are those of the undisturbed run" same whole killed
ok "nothing temporary is left" test -z "$(temporaries killed)"
