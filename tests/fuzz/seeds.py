#!/usr/bin/env python3
"""Seeds of the fuzz targets of model files: tests/fuzz/corpus/{gguf,safetensors}.

GGUF files are made by package gguf, so that the corpus holds what others write.
Usage: tests/fuzz/seeds.py (needs gguf, numpy)
"""

import json
import struct
from pathlib import Path

import gguf
import numpy as np

CORPUS = Path(__file__).parent / "corpus"
TYPES = ["Q4_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4", "BF16"]


def write_gguf(name, tensors, alignment=None, split=None):
    writer = gguf.GGUFWriter(CORPUS / "gguf" / name, "llama")
    if alignment:
        writer.add_custom_alignment(alignment)
    if split:
        writer.add_uint16("split.no", 0)
        writer.add_uint16("split.count", split)
    writer.add_array("tokenizer.ggml.tokens", ["a", "", "\u00e9"])
    writer.add_array("tokenizer.ggml.scores", [0.5, -1.0])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_bool("yes", True)
    writer.add_float64("big", 1e300)
    for key, value in tensors.items():
        writer.add_tensor(key, value[0], raw_dtype=value[1])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_safetensors(name, header, n, first=b"\0"):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    (CORPUS / "safetensors" / name).write_bytes(first + struct.pack("<Q", len(text)) + text + bytes(range(n)))


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def main():
    for folder in "gguf", "safetensors":
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    plain = {"a": (np.arange(6, dtype=np.float32).reshape(2, 3), None), "b": (np.ones(4, np.float16), None)}
    write_gguf("plain.gguf", plain)
    write_gguf("aligned.gguf", plain, alignment=64)
    write_gguf("split.gguf", plain, split=2)
    blocks = {}
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        blocks[name] = (rng.integers(0, 256, (1, gguf.GGML_QUANT_SIZES[kind][1]), dtype=np.uint8), kind)
    write_gguf("blocks.gguf", blocks)
    write_safetensors("plain", {"a": entry("F32", [2, 3], 0, 24), "b": entry("BF16", [2], 24, 28)}, 28)
    write_safetensors("scalar", {"__metadata__": {"format": "pt"}, "s": entry("I64", [], 0, 8), "e": entry("F16", [0, 2], 8, 8)}, 8)
    write_safetensors("f8", {"w": entry("F8_E4M3", [4, 8], 0, 32), "w_scale_inv": entry("F32", [2, 1], 32, 40)}, 40)
    write_safetensors("mxfp4", {"e_blocks": entry("U8", [1, 2, 1, 16], 0, 32), "e_scales": entry("U8", [1, 2, 1], 32, 34)}, 34)
    (CORPUS / "safetensors" / "index").write_bytes(b"\1" + b'{"metadata":{},"weight_map":{"t":"s.safetensors"}}')


if __name__ == "__main__":
    main()
