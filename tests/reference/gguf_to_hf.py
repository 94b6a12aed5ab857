"""A GGUF file as a transformers model in float32, or as a Hugging Face folder.

    gguf_to_hf.py FILE.gguf DIRECTORY [--dtype F32|F16|BF16]

Weights are widened by package `gguf`'s reference dequantizers; names, the rotary row order and Gemma's norm offset are undone here, apart
from transformers' own GGUF reader. Architectures: llama (checked with SmolLM2), gemma3 (Gemma 3 270M).
"""

import argparse
import json
import os

import gguf
import numpy as np
import torch

LAYER_NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
FFN_NORM = {"llama": {"ffn_norm": "post_attention_layernorm"},
            "gemma3": {"post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
                       "post_ffw_norm": "post_feedforward_layernorm"}}
OUTER_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class Metadata:
    def __init__(self, reader):
        self.fields, self.read = reader.fields, {}
        self.arch = self.get("general.architecture")

    def get(self, key, default=None):
        if key not in self.read:  # decoding a vocabulary takes seconds: once
            self.read[key] = self.fields[key].contents() if key in self.fields else None
        return default if self.read[key] is None else self.read[key]

    def of_arch(self, key, default=None):
        value = self.get(f"{self.arch}.{key}", default)
        if value is None:
            raise ValueError(f"GGUF key {self.arch}.{key} is missing")
        return value


def short_float(value):
    """GGUF stores float32: 9.999999747e-06 was 1e-05. The shortest decimal that rounds to the same float32."""
    return float(f"{value:.7g}")


def config_of(meta, n_vocab, tied):
    heads, width = meta.of_arch("attention.head_count"), meta.of_arch("embedding_length")
    config = {
        "hidden_size": width, "intermediate_size": meta.of_arch("feed_forward_length"), "num_hidden_layers": meta.of_arch("block_count"),
        "num_attention_heads": heads, "num_key_value_heads": meta.of_arch("attention.head_count_kv", heads),
        "head_dim": meta.of_arch("attention.key_length", width // heads), "vocab_size": n_vocab, "tie_word_embeddings": tied,
        "max_position_embeddings": meta.of_arch("context_length"),
        "rms_norm_eps": short_float(meta.of_arch("attention.layer_norm_rms_epsilon")), "torch_dtype": "float32",
        "bos_token_id": meta.get("tokenizer.ggml.bos_token_id"), "eos_token_id": meta.get("tokenizer.ggml.eos_token_id"),
        "rope_theta": short_float(meta.of_arch("rope.freq_base", 10000.0)), "attention_bias": False,
    }
    if meta.arch == "llama":
        return config | {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "mlp_bias": False}
    if meta.arch == "gemma3":
        return config | {
            "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "hidden_activation": "gelu_pytorch_tanh",
            "sliding_window": meta.of_arch("attention.sliding_window"), "sliding_window_pattern": 6, "rope_local_base_freq": 10000.0,
            "query_pre_attn_scalar": config["head_dim"], "pad_token_id": meta.get("tokenizer.ggml.padding_token_id"),
        }
    raise ValueError(f"architecture {meta.arch} is not handled here")


def undo_permutation(weight, n_heads):
    """llama.cpp stores rotary pairs (2i, 2i+1) side by side; transformers keeps them half a head apart."""
    rows, columns = weight.shape
    return weight.reshape(n_heads, rows // n_heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def hf_name(name, arch):
    stem, suffix = name.rsplit(".", 1)
    if not stem.startswith("blk."):
        return f"{OUTER_NAMES[stem]}.{suffix}"
    _, layer, part = stem.split(".")
    return f"model.layers.{layer}.{(LAYER_NAMES | FFN_NORM[arch])[part]}.{suffix}"


def read(path):
    """(config as config.json has it, {name: float32 array}, metadata)."""
    reader = gguf.GGUFReader(path)
    meta = Metadata(reader)
    weights = {}
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            raise ValueError("rope_freqs.weight: RoPE scaling is not handled here")
        name = hf_name(tensor.name, meta.arch)
        value = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if meta.arch == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            value = undo_permutation(value, meta.of_arch(f"attention.head_count{'_kv' if 'k_proj' in name else ''}"))
        if meta.arch == "gemma3" and name.endswith("norm.weight"):
            value = value - 1  # transformers multiplies by 1 + weight
        weights[name] = np.ascontiguousarray(value)
    n_vocab = weights["model.embed_tokens.weight"].shape[0]
    return config_of(meta, n_vocab, "lm_head.weight" not in weights), weights, meta


def load(path, config=None, weights=None):
    from transformers import AutoConfig, AutoModelForCausalLM
    if config is None:
        config, weights, _ = read(path)
    hf_config = AutoConfig.for_model(**config)
    model = AutoModelForCausalLM.from_config(hf_config, attn_implementation="eager", dtype=torch.float32)
    missing, unexpected = model.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=False)
    if unexpected or [name for name in missing if name != "lm_head.weight"]:
        raise ValueError(f"weights do not fit: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model.eval()


def added_tokens(meta, kinds):
    from tokenizers import AddedToken
    pairs = zip(meta.get("tokenizer.ggml.tokens"), meta.get("tokenizer.ggml.token_type"))
    return [(AddedToken(token, special=kind == 3, normalized=False), kind) for token, kind in pairs if kind in kinds]


def byte_level_tokenizer(meta):
    """SmolLM2's: single digits, then GPT-2's byte-level pattern."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    vocab = {token: i for i, token in enumerate(meta.get("tokenizer.ggml.tokens"))}
    merges = [tuple(merge.split(" ")) for merge in meta.get("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([token for token, _ in added_tokens(meta, (3,))])
    return tokenizer


def sentencepiece_merges(vocab, scores):
    """Every split of a piece into two pieces, in the order of the whole's score (then of the parts' ids): what a BPE model is in GGUF."""
    merges = []
    for piece, i in vocab.items():
        splits = [(piece[:k], piece[k:]) for k in range(1, len(piece))]
        splits = [(a, b) for a, b in splits if a in vocab and b in vocab]
        merges += [(-scores[i], vocab[a], vocab[b], a, b) for a, b in splits]
    return [(a, b) for _, _, _, a, b in sorted(merges)]


def sentencepiece_tokenizer(meta):
    """Gemma's: BPE over text whose spaces became U+2581, bytes as fallback, BOS first."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    tokens, scores = meta.get("tokenizer.ggml.tokens"), meta.get("tokenizer.ggml.scores")
    vocab = {token: i for i, token in enumerate(tokens)}
    kinds = meta.get("tokenizer.ggml.token_type")
    plain = {token: i for token, i in vocab.items() if kinds[i] == 1}
    unknown, bos = tokens[meta.get("tokenizer.ggml.unknown_token_id")], meta.get("tokenizer.ggml.bos_token_id")
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=sentencepiece_merges(plain, scores), unk_token=unknown, fuse_unk=True,
                                     byte_fallback=True, ignore_merges=False))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{tokens[bos]} $A", special_tokens=[(tokens[bos], bos)])
    for token, kind in added_tokens(meta, (3, 4)):
        (tokenizer.add_special_tokens if kind == 3 else tokenizer.add_tokens)([token])
    return tokenizer


def tokenizer_of(meta):
    return byte_level_tokenizer(meta) if meta.get("tokenizer.ggml.model") == "gpt2" else sentencepiece_tokenizer(meta)


def tokenizer_config(meta):
    tokens = meta.get("tokenizer.ggml.tokens")
    names = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    config = {name: tokens[meta.get(f"tokenizer.ggml.{key}_token_id")] for name, key in names.items()}
    template = meta.get("tokenizer.chat_template")
    return config | {"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": bool(meta.get("tokenizer.ggml.add_bos_token"))} | (
        {"chat_template": template} if template else {})


def save(path, directory, dtype="F32"):
    from safetensors.torch import save_file
    config, weights, meta = read(path)
    os.makedirs(directory, exist_ok=True)
    config["torch_dtype"] = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[dtype]
    tensors = {name: torch.from_numpy(value).to(DTYPES[dtype]) for name, value in weights.items()}
    save_file(tensors, os.path.join(directory, "model.safetensors"), metadata={"format": "pt"})
    tokenizer_of(meta).save(os.path.join(directory, "tokenizer.json"))
    for name, content in (("config.json", config), ("tokenizer_config.json", tokenizer_config(meta))):
        with open(os.path.join(directory, name), "w") as out:
            json.dump(content, out, indent=2, ensure_ascii=False)
            out.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("directory")
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="F32")
    args = parser.parse_args()
    save(args.file, args.directory, args.dtype)


if __name__ == "__main__":
    main()
