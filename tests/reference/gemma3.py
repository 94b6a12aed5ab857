"""Gemma 3 270M (Q4_K_M, dequantized to float32) under transformers on a text of our own: tests/data/gemma3_own_text.json.

    gemma3.py [--output FILE]

The text is longer than the model's window of 512 tokens, so that most layers see less than all of it.
"""

import argparse
import sys

import gguf_to_hf
import own_text
import published
import smollm2

MAX_TOKENS, CANDIDATES = 800, (0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", default="-")
    args = parser.parse_args()
    config, weights, meta = gguf_to_hf.read(published.gguf_file("gemma3-270m"))
    ids = gguf_to_hf.tokenizer_of(meta).encode(own_text.text()).ids
    sample = smollm2.text_sample(gguf_to_hf.load(None, config, weights), ids, 0, CANDIDATES, MAX_TOKENS)
    content = smollm2.provenance("gemma3-270m") | {
        "text": "tests/reference/own_text.py", "max_tokens": MAX_TOKENS, "candidates": list(CANDIDATES), "epsilon": 0.3,
        "seed": smollm2.SEED, "statistics": ["mean", "median", "q99"], "samples": [sample]}
    with open(args.output, "w") if args.output != "-" else sys.stdout as out:
        smollm2.dump(content, out)


if __name__ == "__main__":
    main()
