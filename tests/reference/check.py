"""The reference against itself and against transformers' own outputs, on the models of tests/data/families.

    check.py [unittest options]
"""

import os
import random
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch
import transformers

import detect
import measure
import taps
from published import ROOT

FAMILIES = os.path.join(ROOT, "tests", "data", "families")
COMPARE = os.path.join(ROOT, "tests", "reference", "compare_csv.py")


def family(name):
    folder = os.path.join(FAMILIES, name)
    return measure.load(folder), measure.read_ids(os.path.join(folder, "ids.txt"))[0], folder


class Catch:
    """An observer that keeps what it sees."""

    def __init__(self):
        self.seen, self.last = {}, None

    def see(self, layer, name, tensor):
        self.seen[layer, name] = tensor.clone()

    def weights(self, layer, tensor):
        self.seen[layer, "weights"] = tensor.clone()

    def learned_sink(self, layer, tensor):
        self.seen[layer, "learned"] = tensor.clone()

    def final(self, tensor):
        self.last = tensor


def watched(name):
    model, ids, _ = family(name)
    catch = Catch()
    with torch.no_grad(), taps.attach(model, catch):
        out = model(input_ids=torch.tensor([ids]), use_cache=False, output_hidden_states=True, output_attentions=True)
    return model, catch, out, len(taps.decoder_of(model)[0])


class Taps(unittest.TestCase):
    def test_hidden_states_and_attentions_are_those_transformers_returns(self):
        for name in ("llama", "qwen3-window", "gemma2", "gpt2", "gpt-neox", "olmo2"):
            _, catch, out, n_layers = watched(name)
            for l in range(n_layers):
                self.assertTrue(torch.equal(catch.seen[l, "weights"], out.attentions[l][0]), f"{name} {l}")
                if l < n_layers - 1:
                    self.assertTrue(torch.equal(catch.seen[l, "hidden"], out.hidden_states[l + 1][0]), f"{name} {l}")
            self.assertTrue(torch.equal(catch.last, out.hidden_states[-1][0]), name)

    def test_learned_sink_and_weights_sum_to_one(self):
        _, catch, _, n_layers = watched("gpt-oss")
        for l in range(n_layers):
            total = catch.seen[l, "weights"].sum(-1) + catch.seen[l, "learned"]
            self.assertLess((total - 1).abs().max().item(), 1e-5)

    def test_products_follow_from_the_maps_before_them(self):
        for name in ("llama", "phi3", "gemma3", "olmo2"):
            _, catch, _, n_layers = watched(name)
            for l in range(n_layers):
                product = catch.seen[l, "act"] * catch.seen[l, "up"]
                self.assertLess((product - catch.seen[l, "product"]).abs().max().item(), 1e-5, f"{name} {l}")

    def test_mlp_is_what_the_stream_gains_after_attention(self):
        """The stream after attention is what enters the MLP's pre-norm (parallel blocks: not)."""
        for name, norm in (("llama", "post_attention_layernorm"), ("gemma2", "pre_feedforward_layernorm"), ("gpt2", "ln_2")):
            model, ids, _ = family(name)
            layers, _ = taps.decoder_of(model)
            catch, entered = Catch(), []
            for layer in layers:
                getattr(layer, norm).register_forward_hook(lambda module, args, output: entered.append(args[0][0].clone()))
            with torch.no_grad(), taps.attach(model, catch):
                model(input_ids=torch.tensor([ids]), use_cache=False)
            for l in range(len(layers)):
                gain = catch.seen[l, "hidden"] - entered[l]
                self.assertLess((gain - catch.seen[l, "mlp"]).abs().max().item(), 1e-5, f"{name} {l}")

    def test_key_rows_of_fused_projections(self):
        for name, of in (("phi3", lambda a, x: x @ a.qkv_proj.weight.T), ("gpt-neox", lambda a, x: x @ a.query_key_value.weight.T + a.query_key_value.bias)):
            model, catch, _, _ = watched(name)
            layers, _ = taps.decoder_of(model)
            attention = taps.attention_of(layers[1])
            x = layers[1].input_layernorm(catch.seen[0, "hidden"])
            row = of(attention, x).detach()
            if name == "phi3":
                heads = [attention.num_key_value_heads * attention.head_dim] * 2
                _, key, value = row.split([row.shape[1] - sum(heads)] + heads, dim=1)
            else:
                n_heads, size = model.config.num_attention_heads, attention.head_size
                key = torch.cat([row[:, (3 * h + 1) * size : (3 * h + 2) * size] for h in range(n_heads)], dim=1)
                value = torch.cat([row[:, (3 * h + 2) * size : (3 * h + 3) * size] for h in range(n_heads)], dim=1)
            self.assertLess((key - catch.seen[1, "key"]).abs().max().item(), 1e-5, name)
            self.assertLess((value - catch.seen[1, "value"]).abs().max().item(), 1e-5, name)


class Measure(unittest.TestCase):
    def test_sink_score_divides_by_the_rows_that_can_see_the_token(self):
        measured = measure.Measurement(1, 3, [0])
        measured.weights(0, torch.tensor([[[1.0, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]]]))
        np.testing.assert_allclose(measured.alpha[0], [[1.75 / 3, 0.75 / 2, 0.5]])

    def test_cosine_of_a_zero_vector_is_missing(self):
        self.assertTrue(np.isnan(measure.cosines_to(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 0.0]))[0]))

    def test_gguf_and_safetensors_give_the_same_numbers(self):
        for name in ("llama", "mistral-head-dim"):
            path = os.path.join(FAMILIES, name, "model.gguf")
            model, ids, _ = family(name)
            if os.path.exists(path):
                a, b = (measure.measure(m, ids).quantities(0) for m in (model, measure.load(path)))
                for column in a:
                    np.testing.assert_allclose(a[column], b[column], rtol=1e-5, atol=1e-6, err_msg=f"{name} {column}")


def planted(n_layers=24, n_tokens=40):
    """Primary 0 alive in layers 3 … 20; token 9 aligned in 8 … 13; small unlike tokens otherwise."""
    rng = np.random.default_rng(3)
    norms = 1 + 0.1 * rng.random((n_layers, n_tokens))
    cosines = 0.3 * rng.random((n_layers, n_tokens))
    norms[:, 0], cosines[:, 0] = 2, 1
    norms[3:21, 0] = 50
    norms[8:14, 9], cosines[8:14, 9] = 20, -0.97
    return norms, cosines


class Detect(unittest.TestCase):
    def test_planted_levels(self):
        norms, cosines = planted()
        primary = detect.find_primary(norms, norms[-1], (0, 1))
        self.assertEqual((primary.position, primary.start, primary.end), (0, 3, 21))
        self.assertEqual(detect.find_sinks("paper", norms, cosines, primary), [detect.Sink(9, "secondary", 8, 6)])
        self.assertEqual(detect.find_sinks("relative", norms, cosines, primary), [detect.Sink(9, "secondary", 8, 6)])

    def test_kinds_at_their_limits(self):
        self.assertEqual([detect.kind_paper(n, 24, 0) for n in (4, 5, 8, 9)], ["noise", "secondary", "secondary", "primary-like"])
        self.assertEqual([detect.kind_relative(n, 24, 20) for n in (1, 2, 13, 14)], ["noise", "secondary", "secondary", "primary-like"])

    def test_relative_asks_for_the_norm(self):
        norms, cosines = planted()
        norms[8:14, 9] = 1
        primary = detect.find_primary(norms, norms[-1], (0, 1))
        self.assertEqual(detect.find_sinks("relative", norms, cosines, primary), [])
        self.assertEqual(len(detect.find_sinks("paper", norms, cosines, primary)), 1)

    def test_no_primary(self):
        rising = np.repeat(np.array([[1.0], [1.5], [9.0]]), 2, axis=1)  # the largest step is the last
        self.assertIn("no layer", detect.find_primary(rising, rising[-1], (0,)).reason)
        self.assertIn("fewer", detect.find_primary(rising[:2], rising[1], (0,)).reason)


class Compare(unittest.TestCase):
    """compare_csv.py on a table with one value changed."""

    def run_on(self, change, *options):
        path = os.path.join(FAMILIES, "llama", "expected.csv")
        with open(path) as lines:
            table = [line.rstrip("\n").split(",") for line in lines]
        change(table)
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as changed:
            changed.writelines(",".join(row) + "\n" for row in table)
            changed.flush()
            return subprocess.run([sys.executable, COMPARE, path, changed.name, *options], capture_output=True).returncode

    def scaled(self, column, factor, add=0.0):
        def change(table):
            i = measure.COLUMNS.index(column)
            row = random.Random(1).choice([r for r in table[1:] if r[i]])
            row[i] = repr(float(row[i]) * factor + add)
        return change

    def test_tolerances(self):
        self.assertEqual(self.run_on(lambda table: None), 0)
        self.assertEqual(self.run_on(self.scaled("key_norm", 1 + 5e-5)), 0)
        self.assertEqual(self.run_on(self.scaled("key_norm", 1 + 2e-4)), 1)
        self.assertEqual(self.run_on(self.scaled("key_norm", 1 + 2e-4), "--tol-norm", "1e-3"), 0)
        self.assertEqual(self.run_on(self.scaled("cos_mlp_up", 1, 5e-5)), 0)
        self.assertEqual(self.run_on(self.scaled("cos_mlp_up", 1, 2e-4)), 1)
        self.assertEqual(self.run_on(self.scaled("sink_heads", 1, 1)), 1)
        self.assertEqual(self.run_on(self.scaled("massive", float("nan"))), 1)

    def test_rows(self):
        self.assertEqual(self.run_on(lambda table: table.pop()), 1)
        self.assertEqual(self.run_on(lambda table: table.append(["9"] + table[-1][1:])), 0)
        self.assertEqual(self.run_on(lambda table: table.append(["9"] + table[-1][1:]), "--all-rows"), 1)
        self.assertEqual(self.run_on(lambda table: table.clear()), 2)

    def test_emptiness_must_agree(self):
        self.assertEqual(self.run_on(lambda table: table[1].__setitem__(measure.COLUMNS.index("massive"), "")), 1)


if __name__ == "__main__":
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    unittest.main()
