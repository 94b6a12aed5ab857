#!/usr/bin/env python3
"""Golden files of the data types: tests/data/dtypes.

NAME.bin      blocks as stored, then the float32 numbers that the reference makes of them
              (GGUF types: package gguf; F8 types: torch)
*.safetensors and *.f32   tensors with block scales of their own, and what transformers makes of them, rows in
              the order of the file: MXFP4 of gpt-oss transposed back to (E, n_out, n_in)

Needs numpy, gguf, torch, transformers, safetensors. Made with the versions that tests/data/dtypes/VERSIONS names.
Usage: tests/reference/dtypes.py [DIRECTORY]
"""

import importlib.metadata
import sys
from pathlib import Path

import gguf
import numpy as np
import safetensors
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from safetensors.torch import save_file
from transformers.integrations.finegrained_fp8 import Fp8Dequantize
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

SEED = 20251222
N_RANDOM = 6  # blocks of random bytes, with scales of moderate size

# binary16 scales that are easily got wrong: zeros, subnormals, the least normal, the largest, infinity
HARD = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3C00, 0x7BFF, 0xFBFF, 0x7C00]

# where a block's binary16 numbers are
HALVES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
    Type.IQ4_NL: [0], Type.IQ4_XS: [0], Type.MXFP4: [],
}


def write(path, raw, floats):
    floats = np.ascontiguousarray(floats, dtype="<f4")
    path.write_bytes(raw.tobytes() + floats.tobytes())


def ggml_blocks(rng, kind):
    """Random blocks, then one for each hard scale; for MXFP4 each hard exponent."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    exponents = [0, 1, 2, 126, 127, 128, 254, 255]
    n_hard = len(HARD) if HALVES[kind] else len(exponents)
    blocks = rng.integers(0, 256, (N_RANDOM + n_hard, size), dtype=np.uint8)
    for offset in HALVES[kind]:
        scales = rng.normal(0, 0.01, N_RANDOM).astype("<f2").view(np.uint16)
        hard = rng.permutation(np.array(HARD, "<u2")) if offset else np.array(HARD, "<u2")
        blocks[:, offset:offset + 2] = np.concatenate([scales, hard]).astype("<u2").view(np.uint8).reshape(-1, 2)
    if not HALVES[kind]:
        blocks[N_RANDOM:, 0] = exponents
    return blocks


def mxfp4(rng, directory):
    """gpt-oss: two experts, 3 output features, 2 groups of 32 columns; every index and hard exponents occur."""
    blocks = torch.from_numpy(rng.integers(0, 256, (2, 3, 2, 16), dtype=np.uint8))
    scales = torch.tensor([[[127, 126], [0, 1], [254, 129]], [[100, 140], [255, 2], [120, 128]]], dtype=torch.uint8)
    names = {"mlp.experts.gate_up_proj_blocks": blocks, "mlp.experts.gate_up_proj_scales": scales}
    save_file(names, directory / "mxfp4.safetensors")
    wide = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)  # (E, n_in, n_out)
    (directory / "mxfp4.f32").write_bytes(wide.transpose(1, 2).contiguous().numpy().astype("<f4").tobytes())


def f8(rng, directory):
    """(256, 384) in blocks of 128 x 128, of which the rows 0 ... 3 and 128 ... 131 are compared."""
    bits = rng.integers(0, 256, (256, 384), dtype=np.uint8)
    bits[(bits & 0x7F) == 0x7F] = 0x7E  # no NaN
    weight = torch.from_numpy(bits).view(torch.float8_e4m3fn)
    for name, dtype in ("f32", torch.float32), ("bf16", torch.bfloat16):
        scales = torch.from_numpy(rng.normal(0, 1e-3, (2, 3)).astype(np.float32)).to(dtype)
        wide = Fp8Dequantize(None)._dequantize_one(weight, scales, output_dtype=torch.float32)
        rows = torch.cat([wide[0:4], wide[128:132]]).numpy().astype("<f4")
        short = torch.cat([weight.view(torch.uint8)[0:4], weight.view(torch.uint8)[128:132]])
        # the file holds the compared rows only: blocks of 4 rows, which config.json tells
        save_file({"proj.weight": short.view(torch.float8_e4m3fn).contiguous(), "proj.weight_scale_inv": scales},
                  directory / f"f8_{name}.safetensors")
        (directory / f"f8_{name}.f32").write_bytes(rows.tobytes())


def main():
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "data" / "dtypes")
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    np.seterr(all="ignore")
    for kind in HALVES:
        blocks = ggml_blocks(rng, kind)
        write(directory / f"{kind.name}.bin", blocks, gguf.dequantize(blocks, kind))
    everything = np.arange(256, dtype=np.uint8)
    for name, kind in ("F8_E4M3", torch.float8_e4m3fn), ("F8_E5M2", torch.float8_e5m2), ("F8_E8M0", torch.float8_e8m0fnu):
        write(directory / f"{name}.bin", everything, torch.from_numpy(everything).view(kind).float().numpy())
    mxfp4(rng, directory)
    f8(rng, directory)
    versions = {"python": sys.version.split()[0], "numpy": np.__version__, "gguf": importlib.metadata.version("gguf"),
                "torch": torch.__version__, "transformers": transformers.__version__, "safetensors": safetensors.__version__}
    (directory / "VERSIONS").write_text("".join(f"{k} {v}\n" for k, v in versions.items()) + f"seed {SEED}\n")


if __name__ == "__main__":
    main()
