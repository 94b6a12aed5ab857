"""Gu et al.'s sink rate (arXiv 2410.10781) under transformers, as experiments/sink_rate.cfg asks for it: tests/data/sink_rate.json.

    sink_rate.py [--output FILE]

Each text of experiments/prompts/reasoning.jsonl, BOS first, cut to 64 tokens before the forward pass. For every position k the number of
(sample, layer, head) whose mean attention on it exceeds epsilon, and how many come as near to epsilon as the design's tolerance.
"""

import argparse
import json
import os
import re
import sys

import numpy as np

import gguf_to_hf
import published
import smollm2
from measure import EPSILON, measure

N_TOKENS, NEAR = 64, 1e-3
PROMPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "prompts", "reasoning.jsonl")
MODELS = {"SmolLM2-135M-Instruct": "smollm2", "Gemma-3-270m": "gemma3-270m"}  # the experiment's name of it, published.py's


def texts():
    with open(PROMPTS, encoding="utf-8") as lines:
        return [record["prompt"] + record["output"] for record in map(json.loads, lines)]


def with_bos(ids, bos):
    return ids if ids[:1] == [bos] else [bos] + ids


def rate(name):
    config, weights, meta = gguf_to_hf.read(published.gguf_file(name))
    tokenizer, bos = gguf_to_hf.tokenizer_of(meta), int(meta.get("tokenizer.ggml.bos_token_id"))
    model = gguf_to_hf.load(None, config, weights)
    samples = [with_bos(tokenizer.encode(text).ids, bos)[:N_TOKENS] for text in texts()]
    alpha = np.array([measure(model, ids).alpha for ids in samples])  # (samples, L, H, T)
    return smollm2.provenance(name) | {
        "n_layers": alpha.shape[1], "n_heads": alpha.shape[2], "ids_sha256": [smollm2.digest_ids(ids) for ids in samples],
        "hits": (alpha > EPSILON).sum(axis=(0, 1, 2)).tolist(),
        "near": (np.abs(alpha / EPSILON - 1) < NEAR).sum(axis=(0, 1, 2)).tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", default="-")
    args = parser.parse_args()
    content = {"texts": "experiments/prompts/reasoning.jsonl", "n_tokens": N_TOKENS, "epsilon": EPSILON, "near_within": NEAR,
               "models": {name: rate(short) for name, short in MODELS.items()}}
    with open(args.output, "w") if args.output != "-" else sys.stdout as out:
        numbers_in_a_line = re.compile(r'\[\s+([^\[\]"]*?)\s+\]')
        out.write(numbers_in_a_line.sub(lambda m: "[" + " ".join(m[1].split()) + "]", json.dumps(content, indent=1)) + "\n")


if __name__ == "__main__":
    main()
