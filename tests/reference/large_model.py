#!/usr/bin/env python3
"""Writes a Llama of 16 layers and half a gigabyte in bfloat16: large enough to be read
more than once where memory is short. Standard library only.

usage: large_model.py FOLDER"""

import array
import json
import pathlib
import random
import struct
import sys

WIDTH, MLP, LAYERS, KV_WIDTH, VOCABULARY = 1024, 4096, 16, 256, 512


def tensors():
    yield "model.embed_tokens.weight", (VOCABULARY, WIDTH)
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for norm in "input_layernorm", "post_attention_layernorm":
            yield f"{prefix}{norm}.weight", (WIDTH,)
        for name, rows in ("q", WIDTH), ("k", KV_WIDTH), ("v", KV_WIDTH), ("o", WIDTH):
            yield f"{prefix}self_attn.{name}_proj.weight", (rows, WIDTH)
        for name, shape in ("gate", (MLP, WIDTH)), ("up", (MLP, WIDTH)), ("down", (WIDTH, MLP)):
            yield f"{prefix}mlp.{name}_proj.weight", shape
    yield "model.norm.weight", (WIDTH,)


def bfloat16(value):
    return struct.unpack("<I", struct.pack("<f", value))[0] >> 16


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(1)
    noise = array.array("H", (bfloat16(draw.gauss(0, 0.02)) for _ in range(1 << 18))).tobytes()
    header, end = {}, 0
    for name, shape in tensors():
        size = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors():
            begin, stop = header[name]["data_offsets"]
            if len(shape) == 1:
                out.write(struct.pack("<H", bfloat16(1.0)) * shape[0])
                continue
            start = draw.randrange(0, 1 << 16) * 2
            block = noise[start:] + noise[:start]
            out.write((block * ((stop - begin) // len(block) + 1))[: stop - begin])
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": MLP,
        "num_hidden_layers": LAYERS, "num_attention_heads": 16, "num_key_value_heads": 4, "vocab_size": VOCABULARY,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 2048, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "hidden_act": "silu", "bos_token_id": 1,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    main()
