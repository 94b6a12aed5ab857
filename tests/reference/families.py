"""A tiny seeded random model of every architecture, and what measure.py says of it.

    families.py --out DIR [--seed S] [--case NAME ...] [--positions N | --all-positions]

writes DIR/<case>/{config.json, model.safetensors, ids.txt, expected.csv}; the committed tests/data/families is seed 1 with 4 drawn
positions. Another seed gives other shapes, weights and ids. Weights are stored in the case's data types and the reference computes in
float32 from what was stored, loaded back from the folder by transformers itself.

Ids are drawn again until no decision is a toss-up: expert choice, primary position, heads against epsilon at the recorded positions.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import sys
import tempfile
import zlib

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

import measure
import packing
from family_cases import CASES, Shapes

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
SAFE = 1e-3  # least relative distance of a recorded alpha to epsilon, of the primary's mean norm to the next candidate's


def is_norm(name):
    return bool(re.search(r"norm|\bln_|layernorm", name))


def drawn_weight(name, shape, model_type, rng):
    """Scaled so that attention is neither flat nor one-hot and every tensor matters (0.02 as in training would hide most of them)."""
    noise = rng.standard_normal(shape)
    if name.endswith("sinks"):
        return noise
    if is_norm(name):
        centre = 0.0 if name.endswith("bias") or "gemma" in model_type else 1.0
        return centre + 0.3 * noise
    if name.endswith("bias"):
        return 0.2 * noise
    if re.search(r"embed_tokens|wte|embed_in", name):
        return noise * (0.3 if "gemma" in model_type else 1.0)
    if re.search(r"wpe|embed_positions", name):
        return 0.5 * noise
    transposed = model_type == "gpt2" or (model_type == "gpt_oss" and "experts" in name)  # (in, out)
    fan_in = shape[-2] if transposed else int(np.prod(shape[1:])) if len(shape) == 4 else shape[-1]
    sharper = 1.6 if re.search(r"[qk]_proj|qkv|query_key_value|c_attn|router|mlp\.gate\.weight", name) else 1.0
    return noise * sharper * 0.9 / np.sqrt(fan_in)


def storage_dtype(name, case):
    return torch.float32 if case.wide and (is_norm(name) or name.endswith("bias")) else DTYPES[case.dtype]


def empty_model(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    conditional = "ForConditional" in config.architectures[0]
    kind = transformers.AutoModelForImageTextToText if conditional else transformers.AutoModelForCausalLM
    if getattr(config, "quantization_config", None) is not None:
        del config.quantization_config
    return kind.from_config(config, dtype=torch.float32)


def weights_of(model, case, name, seed):
    """{transformers' name: tensor as stored}, without tied duplicates and buffers."""
    model_type = case.config["model_type"]
    tensors, seen = {}, set()
    for key, parameter in model.named_parameters():
        if parameter.data_ptr() in seen or (case.config.get("tie_word_embeddings") and key == "lm_head.weight"):
            continue
        rng = np.random.default_rng([seed, zlib.crc32(f"{name}/{key}".encode())])
        value = torch.from_numpy(drawn_weight(key, tuple(parameter.shape), model_type, rng).astype(np.float32))
        tensors[key] = value.to(storage_dtype(key, case)).contiguous()
        seen.add(parameter.data_ptr())
    return tensors


def write_json(path, content):
    with open(path, "w") as out:
        json.dump(content, out, indent=1)
        out.write("\n")


def write_weights(folder, tensors, shards):
    """One file, or several with an index, as published models are cut."""
    if shards == 1:
        return save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    names, index = list(tensors), {}
    for i in range(shards):
        file = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
        part = {n: tensors[n] for n in names[i * len(names) // shards : (i + 1) * len(names) // shards]}
        save_file(part, os.path.join(folder, file), metadata={"format": "pt"})
        index |= {n: file for n in part}
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    write_json(os.path.join(folder, "model.safetensors.index.json"), {"metadata": {"total_size": total}, "weight_map": index})


def make_folder(folder, case, name, seed):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write_json(os.path.join(folder, "config.json"), case.config)
    tensors = weights_of(empty_model(folder), case, name, seed)
    write_weights(folder, packing.publish(case, tensors, seed), case.shards)


def load(folder, case):
    """The folder through transformers; packed types are unpacked by their reference first (packing.unpack)."""
    if case.publish not in packing.UNPACK:
        return measure.load(folder)
    with tempfile.TemporaryDirectory() as plain:
        config = {k: v for k, v in case.config.items() if k != "quantization_config"}
        write_json(os.path.join(plain, "config.json"), config)
        save_file(packing.UNPACK[case.publish](load_file(os.path.join(folder, "model.safetensors")), case),
                  os.path.join(plain, "model.safetensors"), metadata={"format": "pt"})
        return measure.load(plain)


class RouterMargins:
    """Least distance, over tokens and layers, between the last expert chosen and the first one not."""

    def __init__(self, model):
        self.least = np.inf
        for module in model.modules():
            if hasattr(module, "top_k") and hasattr(module, "num_experts"):
                module.register_forward_hook(self.see)

    def see(self, module, args, output):
        ordered = torch.sort(output[0].detach().reshape(-1, module.num_experts), descending=True).values
        self.least = min(self.least, (ordered[:, module.top_k - 1] - ordered[:, module.top_k]).min().item())


def drawn_ids(case, shapes, rng, attempt):
    """A long sample, a middling one, and one so short that many heads exceed epsilon. BOS first, unless that itself is a near tie."""
    lengths = case.lengths or (rng.randrange(97, 112), rng.randrange(37, 61))
    lengths += (rng.randrange(5, 9),)
    first = 1 if attempt < 50 else rng.randrange(3, shapes.vocab)
    return [[first] + [rng.randrange(3, shapes.vocab) for _ in range(n - 1)] for n in lengths]


def recorded(n_tokens, n_layers, n_positions, rng):
    """A set of (layer, position): 0 … 3, the last, and a few drawn anew for every layer (layer n_layers: the final rows)."""
    if n_positions is None:
        return None
    keep = set()
    for l in range(n_layers + 1):
        rest = range(4, n_tokens - 1)
        keep |= {(l, t) for t in [0, 1, 2, 3, n_tokens - 1] + rng.sample(rest, min(n_positions, len(rest)))}
    return keep


def is_safe(measured, margins, keep):
    margin = measured.epsilon_margin()
    nearest = min(margin[l, t] for l in range(margin.shape[0]) for t in range(margin.shape[1]) if keep is None or (l, t) in keep)
    least = 1e-3 if keep is not None else 2e-4  # a whole table has too many heads to ask for more
    return margins.least > 1e-4 and nearest > least and measured.primary.margins["position"] > SAFE


def sample_rows(folder, case, sample, ids, n_positions, rng):
    """CSV rows of one sample; None where a decision hangs by a thread."""
    model = load(folder, case)
    margins = RouterMargins(model)
    measured = measure.measure(model, ids)
    keep = recorded(len(ids), len(measured.alpha), n_positions, rng)
    if not is_safe(measured, margins, keep):
        return None
    assert all(np.isfinite(v).all() for v in measured.norms.values()), "not finite"
    kept = None if keep is None else lambda l, t: (l, t) in keep
    return list(measured.rows(sample, ids, measured.primary.position, keep=kept))


def write_expected(folder, case, shapes, name, seed, n_positions):
    rng = random.Random(f"{seed} {name} ids")
    samples, rows = [], []
    for sample in range(3):
        for attempt in range(200):
            ids = drawn_ids(case, shapes, rng, attempt)[sample]
            got = sample_rows(folder, case, sample, ids, n_positions, rng)
            if got is not None:
                break
        else:
            raise RuntimeError(f"{name}: no ids without near ties found")
        samples.append(ids)
        rows += got
    with open(os.path.join(folder, "ids.txt"), "w") as out:
        out.writelines(" ".join(map(str, ids)) + "\n" for ids in samples)
    with open(os.path.join(folder, "expected.csv"), "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(measure.COLUMNS)
        writer.writerows(rows)


def make_case(name, out, seed, n_positions):
    shapes = Shapes(seed, name)
    case = CASES[name](shapes)
    folder = os.path.join(out, name)
    make_folder(folder, case, name, seed)
    write_expected(folder, case, shapes, name, seed, n_positions)
    for file in os.listdir(folder):
        os.chmod(os.path.join(folder, file), 0o644)  # safetensors writes for the owner alone
    print(f"{name}: {sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))} bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", action="append", choices=sorted(CASES), help="one case (may be given again); default all")
    parser.add_argument("--positions", type=int, default=4, help="positions drawn for each layer, beside 0 … 3 and the last")
    parser.add_argument("--all-positions", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    for name in args.case or CASES:
        make_case(name, args.out, args.seed, None if args.all_positions else args.positions)


if __name__ == "__main__":
    sys.exit(main())
