"""Where a transformers model shows its intermediates.

`attach(model, observer)` hooks every decoder layer and calls, while the model runs,

    observer.see(layer, name, tensor)     tensor (T, width), float32
    observer.weights(layer, tensor)       attention weights (H, T, T)
    observer.learned_sink(layer, tensor)  probability of the learned sink logit (H, T)
    observer.final(tensor)                hidden states after the final norm (T, D)

with the names of POINTS. The modules are told apart by the attributes that transformers gives them, so one table serves all
families: this is the only file that knows transformers' module names.
"""

import contextlib

import torch

POINTS = ("hidden", "key", "value", "mlp", "input", "gate", "up", "act", "product", "down")


def decoder_of(model):
    """The module that owns the layers, and its final norm (None where there is none, as in OPT-350m)."""
    for path in ("model.language_model", "model.decoder", "model", "transformer", "gpt_neox"):
        decoder = model
        for name in path.split("."):
            decoder = getattr(decoder, name, None)
        if decoder is not None and (hasattr(decoder, "layers") or hasattr(decoder, "h")):
            break
    else:
        raise ValueError(f"{type(model).__name__}: no decoder found")
    layers = decoder.layers if hasattr(decoder, "layers") else decoder.h
    for name in ("norm", "final_layer_norm", "ln_f"):
        if hasattr(decoder, name):
            return layers, getattr(decoder, name)
    raise ValueError(f"{type(model).__name__}: no final norm found")


def attention_of(layer):
    for name in ("self_attn", "attention", "attn"):
        if hasattr(layer, name):
            return getattr(layer, name)
    raise ValueError(f"{type(layer).__name__}: no attention found")


def key_value_points(attention, config):
    """(name, module, side, cut): cut takes the wanted columns out of a fused projection's row."""
    if hasattr(attention, "k_proj"):
        return [("key", attention.k_proj, "out", None), ("value", attention.v_proj, "out", None)]
    if hasattr(attention, "qkv_proj"):  # Phi3: queries, keys, values side by side
        n_kv = config.num_key_value_heads * attention.head_dim
        return [("key", attention.qkv_proj, "out", lambda x: x[:, -2 * n_kv : -n_kv]),
                ("value", attention.qkv_proj, "out", lambda x: x[:, -n_kv:])]
    if hasattr(attention, "query_key_value"):  # GPT-NeoX: q, k, v head by head
        def of_heads(part):
            return lambda x: x.view(x.shape[0], config.num_attention_heads, 3, -1)[:, :, part].flatten(1)
        return [("key", attention.query_key_value, "out", of_heads(1)), ("value", attention.query_key_value, "out", of_heads(2))]
    if hasattr(attention, "c_attn"):  # GPT-2: queries, keys, values side by side, each D wide
        return [("key", attention.c_attn, "out", lambda x: x.chunk(3, dim=1)[1]),
                ("value", attention.c_attn, "out", lambda x: x.chunk(3, dim=1)[2])]
    raise ValueError(f"{type(attention).__name__}: unknown projections")


def mlp_points(layer):
    mlp = getattr(layer, "mlp", layer)  # OPT keeps fc1 and fc2 in the layer
    if hasattr(mlp, "experts"):
        return [("input", mlp, "in", None), ("down", mlp, "out", None)]
    if hasattr(mlp, "gate_proj"):
        return [("input", mlp.gate_proj, "in", None), ("gate", mlp.gate_proj, "out", None), ("up", mlp.up_proj, "out", None),
                ("act", mlp.act_fn, "out", None), ("product", mlp.down_proj, "in", None), ("down", mlp.down_proj, "out", None)]
    if hasattr(mlp, "gate_up_proj"):
        return [("input", mlp.gate_up_proj, "in", None), ("gate", mlp.gate_up_proj, "out", lambda x: x.chunk(2, dim=1)[0]),
                ("up", mlp.gate_up_proj, "out", lambda x: x.chunk(2, dim=1)[1]), ("act", mlp.activation_fn, "out", None),
                ("product", mlp.down_proj, "in", None), ("down", mlp.down_proj, "out", None)]
    for first, act, last in (("c_fc", "act", "c_proj"), ("dense_h_to_4h", "act", "dense_4h_to_h"), ("fc1", "activation_fn", "fc2")):
        if hasattr(mlp, first):
            return [("input", getattr(mlp, first), "in", None), ("up", getattr(mlp, first), "out", None),
                    ("act", getattr(mlp, act), "out", None), ("down", getattr(mlp, last), "out", None)]
    raise ValueError(f"{type(mlp).__name__}: unknown MLP")


def layer_points(layer, config):
    points = key_value_points(attention_of(layer), config) + mlp_points(layer)
    if hasattr(layer, "post_feedforward_layernorm"):  # Gemma 2 and 3, Olmo 2: what is added has passed a norm
        points.append(("mlp", layer.post_feedforward_layernorm, "out", None))
    else:
        _, module, side, cut = next(p for p in points if p[0] == "down")
        points.append(("mlp", module, side, cut))
    return points + [("hidden", layer, "out", None)]


def rows(tensor):
    """(1, T, width) or (T, width), the first of a tuple, as (T, width)."""
    tensor = tensor[0] if isinstance(tensor, tuple) else tensor
    return tensor.detach().reshape(-1, tensor.shape[-1])


def module_input(args, kwargs):
    return args[0] if args else kwargs["hidden_states"]


def point_hook(observer, layer, name, side, cut):
    def hook(module, args, kwargs, output):
        tensor = rows(output if side == "out" else module_input(args, kwargs))
        observer.see(layer, name, cut(tensor) if cut else tensor)
    return hook


def weights_hook(observer, layer):
    def hook(module, args, kwargs, output):
        if output[1] is None:
            raise ValueError("no attention weights: load the model with attn_implementation='eager'")
        observer.weights(layer, output[1].detach()[0])
    return hook


@contextlib.contextmanager
def attach(model, observer):
    config = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    layers, norm = decoder_of(model)
    handles = []
    for l, layer in enumerate(layers):
        for name, module, side, cut in layer_points(layer, config):
            handles.append(module.register_forward_hook(point_hook(observer, l, name, side, cut), with_kwargs=True))
        handles.append(attention_of(layer).register_forward_hook(weights_hook(observer, l), with_kwargs=True))
    if norm is not None:
        handles.append(norm.register_forward_hook(lambda module, args, output: observer.final(rows(output))))
    try:
        with learned_sinks(layers, observer):
            yield
    finally:
        for handle in handles:
            handle.remove()
    if norm is None:
        observer.final(None)


@contextlib.contextmanager
def learned_sinks(layers, observer):
    """The sink column's probability is dropped inside the attention function: look at what softmax gives it there.

    1 - (row sum) would not do: its float32 rounding error drowns small probabilities.
    """
    if not hasattr(attention_of(layers[0]), "sinks"):
        yield
        return
    softmax, inside = torch.nn.functional.softmax, []

    def watching(tensor, *args, **kwargs):
        result = softmax(tensor, *args, **kwargs)
        if inside and result.dim() == 4 and result.shape[-1] == result.shape[-2] + 1:
            observer.learned_sink(inside[-1], result.detach()[0, :, :, -1])
        return result

    handles = []
    for l, layer in enumerate(layers):
        attention = attention_of(layer)
        handles.append(attention.register_forward_pre_hook(lambda module, args, l=l: inside.append(l)))
        handles.append(attention.register_forward_hook(lambda module, args, output: inside.clear()))
    torch.nn.functional.softmax = watching
    try:
        yield
    finally:
        torch.nn.functional.softmax = softmax
        for handle in handles:
            handle.remove()
