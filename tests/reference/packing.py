"""How published files name and pack tensors where transformers' own names differ, and the reference unpacking of MXFP4 and F8.

publish(case, tensors, seed): {transformers' name: tensor} as a published file has it. UNPACK[kind](tensors, case): back to plain tensors.
"""

import re

import numpy as np
import torch


def split_experts(tensors):
    """Qwen3-MoE: transformers 5 stacks the experts, the published files have one tensor each."""
    out = {}
    for name, value in tensors.items():
        stem = re.sub(r"experts\.\w+$", "experts", name)
        if name.endswith("experts.gate_up_proj"):
            for e, (gate, up) in enumerate(part.chunk(2, dim=0) for part in value):
                out[f"{stem}.{e}.gate_proj.weight"], out[f"{stem}.{e}.up_proj.weight"] = gate.contiguous(), up.contiguous()
        elif name.endswith("experts.down_proj"):
            out |= {f"{stem}.{e}.down_proj.weight": part.contiguous() for e, part in enumerate(value)}
        else:
            out[name] = value
    return out


def gemma3_names(tensors):
    """As gemma-3-4b-it has them: language_model.model.…, vision_tower.vision_model.…, multi_modal_projector.…"""
    rules = (("model.language_model.", "language_model.model."), ("model.vision_tower.", "vision_tower.vision_model."),
             ("model.multi_modal_projector.", "multi_modal_projector."))
    out = {}
    for name, value in tensors.items():
        for of_transformers, published in rules:
            if name.startswith(of_transformers):
                name = published + name[len(of_transformers) :].removeprefix("vision_model.")
                break
        out[name] = value
    return out


def gpt2_names(tensors):
    """As gpt2 has them: no prefix, and the causal mask of each attention as a tensor that readers must pass over."""
    out = {name.removeprefix("transformer."): value for name, value in tensors.items()}
    out["h.0.attn.bias"] = torch.tril(torch.ones(1, 1, 8, 8))
    return out


def opt_names(tensors):
    """As the oldest OPT files have them: decoder.…"""
    return {name.removeprefix("model."): value for name, value in tensors.items()}


# MXFP4: blocks of 32 values of 4 bits along the input dimension, low nibble first, with a shared exponent (bias 127).


def mxfp4_pack(tensors, seed):
    """The experts' matrices are drawn as packed codes: (E, out, in/32, 16) bytes and (E, out, in/32) exponents."""
    rng, out = np.random.default_rng([seed, 4]), {}
    for name, value in tensors.items():
        if not re.search(r"experts\.(gate_up|down)_proj$", name):
            out[name] = value
            continue
        n_experts, n_in, n_out = value.shape
        shape = (n_experts, n_out, n_in // 32, 16)
        out[f"{name}_blocks"] = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
        out[f"{name}_scales"] = torch.from_numpy(rng.integers(122, 126, shape[:3], dtype=np.uint8))
    return out


def mxfp4_unpack(tensors, case):
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors
    out = {}
    for name, value in tensors.items():
        if name.endswith("_blocks"):
            stem = name.removesuffix("_blocks")
            out[stem] = convert_moe_packed_tensors(value, tensors[f"{stem}_scales"], dtype=torch.float32).contiguous()
        elif not name.endswith("_scales"):
            out[name] = value
    return out


# F8_E4M3 with one factor a block, as fine-grained FP8 checkpoints store them: weight = value * weight_scale_inv[block].


def is_fp8(name):
    return bool(re.search(r"layers\.\d+\.\w+\.\w+_proj\.weight$", name))


def spread(scales, block, shape):
    return scales.repeat_interleave(block[0], 0).repeat_interleave(block[1], 1)[: shape[0], : shape[1]]


def block_maxima(weight, block):
    rows, columns = (-(-weight.shape[i] // block[i]) for i in (0, 1))
    padded = torch.zeros(rows * block[0], columns * block[1])
    padded[: weight.shape[0], : weight.shape[1]] = weight.abs()
    return padded.reshape(rows, block[0], columns, block[1]).amax(dim=(1, 3))


def fp8_pack(tensors, block):
    out = {}
    for name, value in tensors.items():
        if not is_fp8(name):
            out[name] = value
            continue
        weight = value.float()
        scales = block_maxima(weight, block) / torch.finfo(torch.float8_e4m3fn).max
        out[name] = (weight / spread(scales, block, weight.shape)).to(torch.float8_e4m3fn)
        out[f"{name}_scale_inv"] = scales
    return out


def fp8_unpack(tensors, case):
    block, out = case.config["quantization_config"]["weight_block_size"], {}
    for name, value in tensors.items():
        if is_fp8(name):
            out[name] = value.float() * spread(tensors[f"{name}_scale_inv"], block, value.shape)
        elif not name.endswith("_scale_inv"):
            out[name] = value
    return out


UNPACK = {"mxfp4": mxfp4_unpack, "fp8": fp8_unpack}


def publish(case, tensors, seed):
    if case.publish == "mxfp4":
        return mxfp4_pack(tensors, seed)
    if case.publish == "fp8":
        return fp8_pack(tensors, case.config["quantization_config"]["weight_block_size"])
    rename = {"experts": split_experts, "gemma3-conditional": gemma3_names, "gpt2": gpt2_names, "opt-decoder": opt_names}
    return rename.get(case.publish, lambda t: t)(tensors)
