"""The tiny models of families.py: one function a case, from drawn shapes to the config.json it is published with.

Old and new spellings alternate on purpose: transformers 5 writes rope_parameters and dtype, the published files mostly rope_theta,
rope_scaling and torch_dtype. Only the shapes are drawn; what a case is there to show is fixed.
"""

import random
from dataclasses import dataclass, field

CASES = {}


@dataclass
class Case:
    config: dict
    dtype: str = "BF16"  # of the matrices; norms and biases get it too unless `wide`
    wide: bool = False  # norms and biases in F32
    lengths: tuple = ()  # of the samples; drawn if empty
    publish: str = ""  # how published files name and pack the tensors where that differs from transformers' names
    shards: int = 1
    gguf: str = ""  # output type for llama.cpp's converter, where it can say all that the config says
    why: str = ""  # why there is no GGUF file


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


class Shapes:
    """Odd sizes where they are legal: primes for the MLP and the vocabulary, head counts that are no powers of two."""

    def __init__(self, seed, name):
        self.rng = random.Random(f"{seed} {name}")
        pick = self.rng.choice
        self.head_dim, self.n_kv = pick([6, 8, 10]), pick([1, 2])
        self.n_heads = self.n_kv * pick([2, 3])
        self.width, self.mlp = self.n_heads * self.head_dim, pick([19, 23, 29])
        while not 16 <= self.width <= 30:
            self.n_kv, ratio = pick([1, 2]), pick([2, 3])
            self.n_heads = self.n_kv * ratio
            self.width = self.n_heads * self.head_dim
        self.other_width = self.n_heads * pick([5, 7] if self.n_heads < 6 else [5])  # for head_dim != D/H
        self.vocab, self.n_layers = pick([61, 67, 71, 73]), pick([3, 3, 4])
        self.window = pick([13, 19, 23])
        self.eps = pick([1e-5, 1e-6, 3e-5])
        self.theta = pick([1000.0, 10000.0, 500000.0])

    def two_kv_heads(self):
        """So that the order of rows within and across heads matters (llama.cpp permutes them)."""
        self.head_dim, self.n_heads, self.n_kv, self.width, self.other_width = 6, 4, 2, 24, 20

    def common(self, architecture, model_type, **more):
        return {"architectures": [architecture], "model_type": model_type, "vocab_size": self.vocab, "hidden_size": self.width,
                "num_hidden_layers": self.n_layers, "num_attention_heads": self.n_heads, "num_key_value_heads": self.n_kv,
                "intermediate_size": self.mlp, "max_position_embeddings": 256, "rms_norm_eps": self.eps, "hidden_act": "silu",
                "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": True} | more


def old(config, dtype="bfloat16"):
    return config | {"torch_dtype": dtype, "transformers_version": "4.51.0"}


def new(config, dtype="bfloat16"):
    return config | {"dtype": dtype, "transformers_version": "5.0.0"}


# Llama


@case
def llama(s):
    s.two_kv_heads()
    rope = {"rope_type": "default", "rope_theta": s.theta}
    return Case(new(s.common("LlamaForCausalLM", "llama", rope_parameters=rope, tie_word_embeddings=False), "float16"), "F16", gguf="f16")


@case
def llama_llama3(s):
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64, "rope_type": "llama3"}
    config = s.common("LlamaForCausalLM", "llama", rope_theta=10000.0, rope_scaling=scaling, head_dim=s.head_dim)
    return Case(old(config, "float16"), "F16", gguf="f16")


@case
def llama_linear(s):
    s.n_layers = 3
    return Case(old(s.common("LlamaForCausalLM", "llama", rope_theta=s.theta, rope_scaling={"type": "linear", "factor": 4.0})), wide=True,
                why="covered by llama and llama-llama3")


@case
def llama_dynamic(s):
    s.n_layers = 3
    config = s.common("LlamaForCausalLM", "llama", rope_theta=s.theta, rope_scaling={"type": "dynamic", "factor": 2.0},
                      max_position_embeddings=64, num_key_value_heads=s.n_heads)
    return Case(old(config), lengths=(97, 47), why="llama.cpp's format has no dynamic scaling")


@case
def llama_bias(s):
    s.n_layers = 3
    rope = {"rope_type": "yarn", "rope_theta": s.theta, "factor": 4.0, "original_max_position_embeddings": 32}
    config = s.common("LlamaForCausalLM", "llama", hidden_size=s.other_width, head_dim=s.head_dim, attention_bias=True, mlp_bias=True,
                      rope_parameters=rope, hidden_act="gelu_pytorch_tanh", max_position_embeddings=128)
    return Case(new(config, "float32"), "F32", why="llama.cpp's llama has no MLP bias and one activation")


# Qwen


@case
def qwen2(s):
    s.two_kv_heads()
    config = s.common("Qwen2ForCausalLM", "qwen2", rope_theta=1000000.0, use_sliding_window=False, sliding_window=s.window,
                      max_window_layers=1)
    return Case(old(config, "float16"), "F16", gguf="f16")


@case
def qwen2_window(s):
    config = s.common("Qwen2ForCausalLM", "qwen2", rope_theta=s.theta, use_sliding_window=True, sliding_window=s.window, max_window_layers=2)
    return Case(old(config), wide=True, shards=2, why="llama.cpp's qwen2 has no window")


@case
def qwen2_yarn(s):
    s.n_layers = 3
    scaling = {"factor": 4.0, "original_max_position_embeddings": 64, "type": "yarn"}
    config = s.common("Qwen2ForCausalLM", "qwen2", rope_theta=s.theta, rope_scaling=scaling, use_sliding_window=False, sliding_window=None)
    return Case(old(config, "float16"), "F16", gguf="f16")


@case
def qwen3(s):
    config = s.common("Qwen3ForCausalLM", "qwen3", hidden_size=s.other_width, head_dim=s.head_dim, attention_bias=False,
                      rope_parameters={"rope_type": "default", "rope_theta": s.theta}, use_sliding_window=False, sliding_window=None,
                      layer_types=["full_attention"] * s.n_layers, tie_word_embeddings=False)
    return Case(new(config, "float16"), "F16", gguf="f16")


@case
def qwen3_window(s):
    kinds = [("sliding_attention", "full_attention")[(l + 1) % 3 == 0] for l in range(s.n_layers)]
    config = s.common("Qwen3ForCausalLM", "qwen3", head_dim=s.head_dim, attention_bias=True, use_sliding_window=True,
                      sliding_window=s.window, layer_types=kinds, rope_parameters={"rope_type": "default", "rope_theta": s.theta})
    return Case(new(config), why="llama.cpp's qwen3 has no window")


@case
def qwen3_fp8(s):
    s.n_layers = 3
    config = s.common("Qwen3ForCausalLM", "qwen3", head_dim=s.head_dim, rope_theta=s.theta, use_sliding_window=False,
                      quantization_config={"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [16, 16]})
    return Case(old(config), publish="fp8", why="GGUF has no F8 type; the weights would be rounded again")


def qwen3_moe_config(s, **more):
    return s.common("Qwen3MoeForCausalLM", "qwen3_moe", hidden_size=s.other_width, head_dim=s.head_dim, num_experts=5, num_experts_per_tok=2,
                    moe_intermediate_size=11, mlp_only_layers=[], decoder_sparse_step=1, norm_topk_prob=True, attention_bias=False,
                    use_sliding_window=False, sliding_window=None) | more


@case
def qwen3_moe(s):
    s.two_kv_heads()
    return Case(old(qwen3_moe_config(s, rope_theta=s.theta), "float16"), "F16", publish="experts", gguf="f16")


@case
def qwen3_moe_mixed(s):
    config = qwen3_moe_config(s, rope_parameters={"rope_type": "default", "rope_theta": s.theta}, num_experts=7, num_experts_per_tok=3,
                              moe_intermediate_size=7, norm_topk_prob=False, decoder_sparse_step=2, mlp_only_layers=[3], num_hidden_layers=4)
    return Case(new(config), publish="experts", why="llama.cpp's qwen3moe always normalizes and has no dense layers")


# Mistral


@case
def mistral(s):
    return Case(old(s.common("MistralForCausalLM", "mistral", rope_theta=s.theta, sliding_window=s.window)),
                why="llama.cpp converts Mistral as llama, without a window")


@case
def mistral_head_dim(s):
    s.n_layers = 3
    s.two_kv_heads()
    config = s.common("MistralForCausalLM", "mistral", hidden_size=s.other_width, head_dim=s.head_dim, sliding_window=None,
                      rope_parameters={"rope_type": "default", "rope_theta": s.theta})
    return Case(new(config, "float16"), "F16", gguf="f16")


# Phi


def phi3_config(s, **more):
    return s.common("Phi3ForCausalLM", "phi3", pad_token_id=0, embd_pdrop=0.0, resid_pdrop=0.0, attention_dropout=0.0,
                    original_max_position_embeddings=256, tie_word_embeddings=False) | more


@case
def phi3(s):
    return Case(old(phi3_config(s, rope_theta=s.theta, rope_scaling=None, sliding_window=s.window)), why="llama.cpp's phi3 ignores the window")


@case
def phi3_longrope(s):
    s.n_layers = 3
    s.head_dim, s.n_heads, s.n_kv = 12, 2, 1
    n = 4  # frequencies of 8 rotary dimensions of 12
    scaling = {"type": "longrope", "short_factor": [round(1.0 + 0.11 * i, 2) for i in range(n)],
               "long_factor": [round(1.3 + 1.7 * i, 2) for i in range(n)]}
    config = phi3_config(s, rope_theta=10000.0, rope_scaling=scaling, partial_rotary_factor=0.7, hidden_size=24, num_attention_heads=2,
                         num_key_value_heads=1, original_max_position_embeddings=64, max_position_embeddings=256, sliding_window=None,
                         tie_word_embeddings=True)
    return Case(old(config, "float16"), "F16", lengths=(101, 61), gguf="f16")


# gpt-oss


def gpt_oss_config(s, **more):
    kinds = [("sliding_attention", "full_attention")[l % 2] for l in range(s.n_layers)]
    return s.common("GptOssForCausalLM", "gpt_oss", head_dim=s.head_dim, num_local_experts=5, num_experts_per_tok=2, intermediate_size=13,
                    attention_bias=True, sliding_window=s.window, layer_types=kinds, swiglu_limit=1.5) | more


def yarn(**more):
    return {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 8.0, "original_max_position_embeddings": 32, "truncate": False} | more


@case
def gpt_oss(s):
    s.n_layers = 3
    config = gpt_oss_config(s, hidden_size=s.other_width, rope_parameters=yarn(rope_type="yarn", rope_theta=150000.0, attention_factor=1.31))
    return Case(new(config), why="llama.cpp's gpt-oss fixes the clamp at 7 and derives the attention factor")


@case
def gpt_oss_mxfp4(s):
    s.n_layers = 3
    quantization = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                                                        "model.embed_tokens", "lm_head"]}
    config = gpt_oss_config(s, hidden_size=32, intermediate_size=32, num_local_experts=3, swiglu_limit=7.0, rope_theta=150000,
                            rope_scaling=yarn(rope_type="yarn"), quantization_config=quantization)
    return Case(old(config), publish="mxfp4", gguf="bf16")


# Gemma


def gemma_config(s, architecture, model_type, **more):
    config = s.common(architecture, model_type, head_dim=s.head_dim, hidden_activation="gelu_pytorch_tanh",
                      sliding_window=s.window, query_pre_attn_scalar=17, attention_bias=False, pad_token_id=0)
    return {k: v for k, v in config.items() if k != "hidden_act"} | more


@case
def gemma2(s):
    s.n_layers = 3
    config = gemma_config(s, "Gemma2ForCausalLM", "gemma2", attn_logit_softcapping=3.0, final_logit_softcapping=20.0, rope_theta=10000.0,
                          query_pre_attn_scalar=s.head_dim)
    return Case(old(config, "float16"), "F16", wide=True, gguf="f16")  # the converter adds 1 to norms in the type they are stored in


@case
def gemma2_scaled(s):
    s.width = s.n_heads * 5
    kinds = [("sliding_attention", "full_attention")[l % 2] for l in range(s.n_layers)]
    config = gemma_config(s, "Gemma2ForCausalLM", "gemma2", attn_logit_softcapping=None, final_logit_softcapping=None, layer_types=kinds,
                          rope_parameters={"rope_type": "default", "rope_theta": s.theta}, hidden_size=s.width)
    return Case(new(config), wide=True, why="llama.cpp's format holds no query scaling for gemma2, and no absent soft cap")


@case
def gemma3(s):
    s.head_dim, s.n_heads, s.n_kv = 8, 2, 1
    config = gemma_config(s, "Gemma3ForCausalLM", "gemma3_text", rope_theta=1000000.0, rope_local_base_freq=10000.0,
                          rope_scaling={"factor": 8.0, "rope_type": "linear"}, sliding_window_pattern=6, num_hidden_layers=7,
                          hidden_size=18, head_dim=8, num_attention_heads=2, num_key_value_heads=1, query_pre_attn_scalar=8,
                          attn_logit_softcapping=None, final_logit_softcapping=None)
    return Case(old(config, "float16"), "F16", wide=True, gguf="f16")


@case
def gemma3_pattern(s):
    kinds = ["sliding_attention", "full_attention", "sliding_attention", "sliding_attention"][: s.n_layers]
    rope = {"full_attention": {"rope_type": "default", "rope_theta": 1000000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 777.0}}
    config = gemma_config(s, "Gemma3ForCausalLM", "gemma3_text", layer_types=kinds, rope_parameters=rope, hidden_size=s.other_width)
    return Case(new(config), why="llama.cpp's gemma3 fixes the pattern and the local base")


@case
def gemma3_conditional(s):
    text = gemma_config(s, "Gemma3ForCausalLM", "gemma3_text", rope_theta=1000000.0, rope_local_base_freq=10000.0, sliding_window_pattern=3,
                        rope_scaling=None, num_hidden_layers=4)
    del text["architectures"]
    vision = {"model_type": "siglip_vision_model", "hidden_size": 4, "intermediate_size": 4, "num_attention_heads": 1, "num_hidden_layers": 1,
              "image_size": 4, "patch_size": 2, "vision_use_head": False}
    config = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": text, "vision_config": vision,
              "mm_tokens_per_image": 4, "image_token_index": 5, "boi_token_index": 6, "eoi_token_index": 7}
    return Case(old(config), publish="gemma3-conditional", why="covered by gemma3")


# GPT-2, GPT-NeoX, OPT, Olmo 2


def gpt2_config(s, **more):
    return {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": s.vocab, "n_embd": s.width, "n_layer": s.n_layers,
            "n_head": s.n_heads, "n_positions": 113, "n_ctx": 113, "layer_norm_epsilon": s.eps, "activation_function": "gelu_new",
            "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": True} | more


@case
def gpt2(s):
    s.n_layers = 3
    s.width, s.n_heads = 20, 2
    return Case(old(gpt2_config(s), "float16"), "F16", publish="gpt2", gguf="f16")


@case
def gpt2_scaled(s):
    config = gpt2_config(s, n_inner=s.mlp, activation_function="gelu", scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True)
    return Case(new(config), wide=True, why="llama.cpp's gpt2 has no inner width of its own and no scaling by layer")


def neox_config(s, **more):
    return {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "vocab_size": s.vocab, "hidden_size": 32,
            "num_hidden_layers": s.n_layers, "num_attention_heads": 2, "intermediate_size": s.mlp, "max_position_embeddings": 128,
            "layer_norm_eps": s.eps, "hidden_act": "gelu", "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False} | more


@case
def gpt_neox(s):
    s.n_layers = 3
    return Case(old(neox_config(s, rotary_pct=0.25, rotary_emb_base=10000, use_parallel_residual=True), "float16"), "F16", gguf="f16")


@case
def gpt_neox_serial(s):
    rope = {"rope_type": "default", "rope_theta": s.theta, "partial_rotary_factor": 0.75}
    config = neox_config(s, hidden_size=30, num_attention_heads=3, hidden_act="gelu_pytorch_tanh", use_parallel_residual=False,
                         rope_parameters=rope, attention_bias=False)
    return Case(new(config), wide=True, why="llama.cpp's gptneox wants attention biases and the erf GELU")


def opt_config(s, **more):
    return {"architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": s.vocab, "hidden_size": s.width, "ffn_dim": s.mlp,
            "num_hidden_layers": s.n_layers, "num_attention_heads": s.n_heads, "max_position_embeddings": 113, "activation_function": "relu",
            "do_layer_norm_before": True, "word_embed_proj_dim": s.width, "dropout": 0.1, "bos_token_id": 2, "eos_token_id": 2,
            "pad_token_id": 1, "enable_bias": True, "layer_norm_elementwise_affine": True} | more


OPT = "llama.cpp's converter has no OPT"


@case
def opt(s):
    return Case(old(opt_config(s), "float16"), "F16", why=OPT)


@case
def opt_postnorm(s):
    s.n_layers = 3
    return Case(old(opt_config(s, do_layer_norm_before=False, word_embed_proj_dim=11)), publish="opt-decoder", why=OPT)


@case
def opt_projected(s):
    config = opt_config(s, word_embed_proj_dim=s.width + 6, enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu")
    return Case(new(config), wide=True, why=OPT)


@case
def olmo2(s):
    s.two_kv_heads()
    config = s.common("Olmo2ForCausalLM", "olmo2", rope_theta=500000, rope_scaling=None, attention_bias=False)
    return Case(old(config, "float16"), "F16", gguf="f16")
