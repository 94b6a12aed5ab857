"""SmolLM2-135M-Instruct (Q4_1, dequantized to float32) under transformers: the golden numbers of tests/data/smollm2_*.json.

    smollm2.py texts  [--output FILE]           the first six records of the study's Qwen3-4B-Base outputs, chat template, 3000 tokens
    smollm2.py random [--seed S] [--output FILE]  200 short sequences of random ids (random_ids.py)

No text and no token ids are written. tests/data/README.md describes the files.
"""

import argparse
import hashlib
import json
import os
import platform
import random
import sys

import gguf
import jinja2
import numpy as np
import tokenizers
import torch
import transformers

import detect
import gguf_to_hf
import published
import random_ids
from measure import COSINES, measure

N_RECORDS, MAX_TOKENS, SEED = 6, 3000, 1
RECORDS = "output_qwen3-4b-base.jsonl"


def versions():
    modules = {"torch": torch, "transformers": transformers, "tokenizers": tokenizers, "numpy": np, "jinja2": jinja2}
    return {"python": platform.python_version(), "gguf": gguf_version()} | {k: str(m.__version__) for k, m in modules.items()}


def gguf_version():
    from importlib.metadata import version
    return version("gguf")


def provenance(model="smollm2"):
    name, digest, packages = published.MODELS[model]
    return {"model": name, "model_sha256": digest, "package": packages[0], "precision": "float32, eager attention", "versions": versions()}


def digest_ids(ids):
    """SHA-256 of the ids as little-endian int32, one after another."""
    return hashlib.sha256(np.array(ids, dtype="<i4").tobytes()).hexdigest()


def short(value):
    """Six digits; whole numbers without a fraction."""
    if value is None or np.isnan(value):
        return None
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() else rounded


def encode(record, tokenizer, template):
    """DESIGN.md section 7: encode(template([user: prompt], generation prompt) + output), without further special tokens."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    prompt = environment.from_string(template).render(messages=[{"role": "user", "content": record["prompt"]}], add_generation_prompt=True)
    return tokenizer.encode(prompt + record["output"], add_special_tokens=False).ids


def chosen_positions(n_tokens, n_layers, rng):
    """Seven positions a layer: 0 and the last; one of 1 … 7 in turn; four drawn."""
    chosen = []
    for l in range(n_layers):
        fixed = {0, 1 + l % 7, n_tokens - 1}
        chosen.append(sorted(fixed | set(rng.sample(range(8, n_tokens - 1), 4))))
    return chosen


def statistics(name, values, primary):
    """Mean, median and 99 % quantile over all tokens; cosines by absolute value and over t > p."""
    if name in COSINES:
        values = np.abs(values[primary + 1 :])
    return [short(np.nanmean(values)), short(np.nanquantile(values, 0.5)), short(np.nanquantile(values, 0.99))]


def sinks_of(quantities, primary, rule):
    found = detect.find_sinks(rule, quantities["hidden_norm"], quantities["cos_primary"], primary)
    return [[s.position, s.kind, s.l_start, s.lifetime] for s in found]


def detection(measured):
    primary = measured.primary
    quantities = measured.quantities(primary.position)
    near = detect.near_threshold(quantities["hidden_norm"], quantities["cos_primary"], primary)
    return primary, quantities, {
        "primary": primary.position, "start": primary.start, "end": primary.end,
        "primary_margin": {name: short(value) for name, value in primary.margins.items()},
        "paper": sinks_of(quantities, primary, "paper"), "relative": sinks_of(quantities, primary, "relative"),
        "near_threshold": {str(t): short(margin) for t, margin in near.items()},
    }


def text_sample(model, ids, index, candidates=(0, 1, 2), max_tokens=MAX_TOKENS):
    measured = measure(model, ids[:max_tokens], candidates)
    primary, quantities, found = detection(measured)
    n_layers, n_tokens = quantities["hidden_norm"].shape
    rng = random.Random(SEED * 1000 + index)
    median, q99 = detect.background(quantities["cos_primary"], primary)
    layers = []
    for l, at in enumerate(chosen_positions(n_tokens, n_layers, rng)):
        layers.append({"positions": at, "values": {name: [short(q[l, t]) for t in at] for name, q in quantities.items()},
                       "statistics": {name: statistics(name, q[l], primary.position) for name, q in quantities.items()}})
    at = layers[-1]["positions"]
    final = {"positions": at, "values": {"hidden_norm": [short(measured.final_norm[t]) for t in at],
                                         "cos_primary": [short(measured.final_cosine[primary.position, t]) for t in at]}}
    return {"sample": index, "n_tokens": n_tokens, "n_tokens_whole": len(ids), "ids_sha256": digest_ids(ids[:max_tokens])} | found | {
        "background_median": [short(x) for x in median], "background_q99": [short(x) for x in q99], "layers": layers, "final": final}


def texts(model, meta):
    tokenizer, template = gguf_to_hf.tokenizer_of(meta), meta.get("tokenizer.chat_template")
    with open(os.path.join(published.STUDY, RECORDS)) as lines:
        records = [json.loads(line) for line, _ in zip(lines, range(N_RECORDS))]
    samples = []
    for index, record in enumerate(records):
        samples.append(text_sample(model, encode(record, tokenizer, template), index))
        print(f"sample {index}: {samples[-1]['n_tokens']} tokens", file=sys.stderr)
    return provenance() | {"records": RECORDS, "n_records": N_RECORDS, "max_tokens": MAX_TOKENS, "candidates": [0, 1, 2], "epsilon": 0.3,
                           "seed": SEED, "statistics": ["mean", "median", "q99"], "samples": samples}


def random_sequences(model, seed):
    samples = []
    for index, ids in enumerate(random_ids.draw(seed=seed)):
        _, _, found = detection(measure(model, ids, candidates=(0, 1)))
        samples.append({"sample": index, "n_tokens": len(ids), "ids_sha256": digest_ids(ids)} | found)
    return provenance() | {"generator": "tests/reference/random_ids.py", "seed": seed, "candidates": [0, 1], "cosine": 0.9, "norm_ratio": 3,
                           "near": 0.002, "samples": samples}


def dump(content, out):
    """One sample, or one layer of a sample, a line: small, and still fit for a diff."""
    samples = content.pop("samples")
    head = json.dumps(content, indent=1)[:-2]
    body = ",\n".join(json.dumps(s, separators=(",", ":")).replace(',{"positions"', ',\n{"positions"') for s in samples)
    out.write(f'{head},\n "samples": [\n{body}\n]}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["texts", "random"])
    parser.add_argument("--seed", type=int, default=SEED, help="of the random ids")
    parser.add_argument("--output", default="-")
    args = parser.parse_args()
    config, weights, meta = gguf_to_hf.read(published.gguf_file("smollm2"))
    model = gguf_to_hf.load(None, config, weights)
    content = texts(model, meta) if args.what == "texts" else random_sequences(model, args.seed)
    with open(args.output, "w") if args.output != "-" else sys.stdout as out:
        dump(content, out)


if __name__ == "__main__":
    main()
