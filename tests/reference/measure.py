"""Every quantity of DESIGN.md section 3 for a transformers model, as `sinkgrid measure` prints it.

    measure.py MODEL --ids FILE [--primary P | --candidates 0,1] [--epsilon 0.3] [--margin] [--output FILE]

MODEL is a Hugging Face folder or a GGUF file. The model runs in float32 with eager attention; all reductions are done in float64 on its
float32 outputs. Attention weights are reduced layer by layer, so that memory holds one layer's (H, T, T) at a time.
"""

import argparse
import csv
import os
import sys

import numpy as np
import torch

import detect
import taps

COLUMNS = ("sample,layer,position,token_id,hidden_norm,key_norm,value_norm,cos_primary,sink_score,sink_score_max,sink_heads,mlp_norm,"
           "cos_mlp_hidden,cos_mlp_mlp,massive,massive_ratio,cos_mlp_input,cos_mlp_gate,cos_mlp_up,cos_mlp_act,cos_mlp_product,"
           "cos_mlp_down,learned_sink").split(",")
NORMS = ("hidden_norm", "key_norm", "value_norm", "mlp_norm", "massive", "massive_ratio")
COSINES = ("cos_primary", "cos_mlp_hidden", "cos_mlp_mlp", "cos_mlp_input", "cos_mlp_gate", "cos_mlp_up", "cos_mlp_act",
           "cos_mlp_product", "cos_mlp_down")
EPSILON = 0.3


def norm(x):
    return np.linalg.norm(x, axis=-1)


def cosines_to(x, reference):
    """cos(x[t], reference), (T,); NaN where either is the zero vector."""
    length = norm(x) * norm(reference)
    return np.divide(x @ reference, length, out=np.full(len(x), np.nan), where=length > 0)


class Measurement:
    """One sample's quantities. norms[name]: (L, T). cosines[name]: (C, L, T), one row a candidate position. alpha: (L, H, T)."""

    def __init__(self, n_layers, n_tokens, candidates, epsilon=EPSILON):
        self.candidates, self.epsilon = list(candidates), epsilon
        self.norms = {name: np.full((n_layers, n_tokens), np.nan) for name in NORMS}
        self.cosines = {name: np.full((len(self.candidates), n_layers, n_tokens), np.nan) for name in COSINES}
        self.alpha = [None] * n_layers
        self.learned = [None] * n_layers
        self.final_norm, self.final_cosine = None, None
        self._mlp, self._last = None, None

    # The four calls of taps.attach.

    def see(self, layer, name, tensor):
        x = tensor.float().numpy().astype(np.float64)
        if name == "hidden":
            self._see_hidden(layer, x)
        elif name in ("key", "value"):
            self.norms[f"{name}_norm"][layer] = norm(x)
        elif name == "mlp":
            self.norms["mlp_norm"][layer] = norm(x)
            self._cosines("cos_mlp_mlp", layer, x, x)
            self._mlp = x
        else:
            self._cosines(f"cos_mlp_{name}", layer, x, x)

    def weights(self, layer, tensor):
        n_tokens = tensor.shape[-1]
        sums = torch.stack([head.sum(dim=0, dtype=torch.float64) for head in tensor]).numpy()
        self.alpha[layer] = sums / (n_tokens - np.arange(n_tokens))

    def learned_sink(self, layer, tensor):
        self.learned[layer] = tensor.double().mean(dim=1).numpy()

    def final(self, tensor):
        x = self._last if tensor is None else tensor.float().numpy().astype(np.float64)
        self.final_norm = norm(x)
        self.final_cosine = np.array([cosines_to(x, x[c]) for c in self.candidates])

    # How they are reduced.

    def _see_hidden(self, layer, h):
        magnitude = np.abs(h)
        self.norms["hidden_norm"][layer] = norm(h)
        self.norms["massive"][layer] = magnitude.max(axis=1)
        median = np.median(magnitude, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.norms["massive_ratio"][layer] = magnitude.max(axis=1) / median
        self._cosines("cos_primary", layer, h, h)
        self._cosines("cos_mlp_hidden", layer, self._mlp, h)
        self._last = h

    def _cosines(self, name, layer, x, to):
        for i, c in enumerate(self.candidates):
            self.cosines[name][i, layer] = cosines_to(x, to[c])

    # What is read off.

    @property
    def primary(self):
        return detect.find_primary(self.norms["hidden_norm"], self.final_norm, self.candidates)

    def quantities(self, position):
        """{column: (L, T)} relative to the candidate at `position`."""
        i = self.candidates.index(position)
        alpha = np.array(self.alpha)
        out = dict(self.norms) | {name: values[i] for name, values in self.cosines.items()}
        out["sink_score"], out["sink_score_max"] = alpha.mean(axis=1), alpha.max(axis=1)
        out["sink_heads"] = (alpha > self.epsilon).sum(axis=1)
        if self.learned[0] is not None:
            out["learned_sink"] = np.broadcast_to(np.array(self.learned).mean(axis=1)[:, None], alpha.mean(axis=1).shape)
        return out

    def epsilon_margin(self):
        """(L, T): how near, relatively, the nearest head comes to epsilon."""
        return np.abs(np.array(self.alpha) / self.epsilon - 1).min(axis=1)

    def rows(self, sample, ids, position, keep=None, margin=False):
        """CSV rows; keep(layer, position) says which (all by default; the final rows are asked for as layer L)."""
        values = self.quantities(position)
        near = self.epsilon_margin()
        n_layers, n_tokens = near.shape
        for l in range(n_layers):
            for t in range(n_tokens):
                if keep is None or keep(l, t):
                    row = [sample, l, t, ids[t]] + [text(values[c][l, t]) if c in values else "" for c in COLUMNS[4:]]
                    yield row + ([f"{near[l, t]:.3g}"] if margin else [])
        i = self.candidates.index(position)
        for t in range(n_tokens):
            if keep is None or keep(n_layers, t):
                final = {"hidden_norm": self.final_norm[t], "cos_primary": self.final_cosine[i, t]}
                row = [sample, "final", t, ids[t]] + [text(final[c]) if c in final else "" for c in COLUMNS[4:]]
                yield row + ([""] if margin else [])


def text(value):
    return "" if np.isnan(value) else f"{value:.9g}"


def measure(model, ids, candidates=(0, 1), epsilon=EPSILON):
    layers, _ = taps.decoder_of(model)
    candidates = [c for c in candidates if c < len(ids)]
    measurement = Measurement(len(layers), len(ids), candidates, epsilon)
    with torch.no_grad(), taps.attach(model, measurement):
        model(input_ids=torch.tensor([ids]), use_cache=False, logits_to_keep=1)
    return measurement


def load(path, dtype=torch.float32):
    """A model with eager attention, in float32 unless told, from a folder or a GGUF file (float32 only)."""
    if os.path.isfile(path):
        import gguf_to_hf
        return gguf_to_hf.load(path)
    from transformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, attn_implementation="eager", experts_implementation="eager")
    return model.eval()


def read_ids(path):
    """Token ids, white space between, one sample a line."""
    with open(path) as lines:
        return [[int(word) for word in line.split()] for line in lines if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--ids", required=True, help="token ids, one sample a line")
    parser.add_argument("--primary", type=int, help="position of the primary sink (default: by the rule)")
    parser.add_argument("--candidates", default="0,1", help="candidate positions of the rule")
    parser.add_argument("--epsilon", type=float, default=EPSILON)
    parser.add_argument("--margin", action="store_true", help="a further column: relative distance of the nearest head to epsilon")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="of the forward pass")
    parser.add_argument("--output", default="-")
    args = parser.parse_args()
    candidates = [args.primary] if args.primary is not None else [int(c) for c in args.candidates.split(",")]
    out = sys.stdout if args.output == "-" else open(args.output, "w", newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS + (["epsilon_margin"] if args.margin else []))
    for sample, ids in enumerate(read_ids(args.ids)):
        model = load(args.model, getattr(torch, args.precision))  # afresh: dynamic and longrope models change their rotary table as they run
        measured = measure(model, ids, candidates, args.epsilon)
        writer.writerows(measured.rows(sample, ids, measured.primary.position, margin=args.margin))


if __name__ == "__main__":
    main()
