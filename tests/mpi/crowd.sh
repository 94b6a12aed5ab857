#!/bin/bash
# 32 ranks on whatever cores there are, 64 pipelines of two stages: no hang.
. "$(dirname "$0")/lib.sh"
plan 3

plant --levels 2 --width 64 --layers 24 --samples 64 --tokens 24
ok "one process" run 0 one --set pipeline.shard=1
ok "32 ranks run 64 pipelines of 2 stages" run 32 crowd --set pipeline.shard=1 --set pipeline.stages=2 --set pipeline.chunk=16
ok "the results are equal" same one crowd
