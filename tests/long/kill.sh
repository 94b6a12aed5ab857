#!/bin/bash
# The kill test of every day with fifty moments.
export KILLS=${KILLS:-50}
exec bash "$(dirname "$0")/../mpi/kill.sh"
