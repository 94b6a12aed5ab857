#!/usr/bin/env python3
"""Detection records in the form of the study's, 48 layers deep, as they could be of DeepSeek-R1-Distill-Qwen-14B:
several lifetimes at one first layer, gaps, noise, a second BOS-like token, keys in no order.

records.py secondary|cliff > records.jsonl     the label of secondary sinks, of which the older records have another
"""

import json
import sys

# sample -> position: (label, layers); "s" stands for the secondary label
SAMPLES = [
    {0: ("bos_sink", range(4, 47)), 30: ("s", range(22, 44)), 50: ("s", range(22, 46))},
    {0: ("bos_sink", range(4, 47)), 31: ("s", range(22, 45))},
    {0: ("bos_sink", range(4, 47)), 32: ("s", [*range(22, 30), *range(32, 46)])},  # two layers left out: lifetime 22
    {0: ("bos_sink", range(4, 47)), 1: ("bos_sink", range(4, 41)), 33: ("s", range(22, 37))},
    {0: ("bos_sink", range(4, 47)), 34: ("s", range(22, 34)), 60: ("s", range(22, 35)), 61: ("s", range(22, 36))},
    {0: ("bos_sink", range(4, 47)), 35: ("s", range(30, 39)), 36: ("s", range(30, 41)),
     70: ("noise", [10]), 71: ("others", [12, 10])},
    {0: ("bos_sink", range(4, 46))},
]
TOKENS = (120, 380)  # of the prompt, of the response


def record(sample, sinks, secondary):
    found = {str(p): {"layer": list(layers), "token_id": 100 + p, "sink_type": secondary if label == "s" else label}
             for p, (label, layers) in sorted(sinks.items(), reverse=True)}
    return {"candidate_sinks": found, "sample_index": sample, "prompt_len": TOKENS[0], "response_len": TOKENS[1],
            "full_text_len": sum(TOKENS)}


for number, sinks in enumerate(SAMPLES):
    print(json.dumps(record(number, sinks, sys.argv[1])))
