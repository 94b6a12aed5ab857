"""sinkgrid beside transformers and llama.cpp on the same token ids, a round of each in turn; rows of tests/bench/run on standard output.

    peers.py --bench PROGRAM --model FILE.gguf --ids FILE [--tokens 2048,4096] [--rounds 7] [--threads N]

sinkgrid: all quantities recorded. transformers, float32: with sdpa and no statistics; eager, as the study does it (whole attention
matrices and hidden states of all layers kept, then reduced). llama.cpp: the quantized weights as they are, flash attention, no statistics.
What does not fit into memory, or is not installed, is named on standard error and left out.
"""

import argparse
import csv
import gc
import os
import statistics
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))


class Sinkgrid:
    """A process that makes one pass for each line it reads (bench serve)."""

    def __init__(self, args, n_tokens):
        command = [args.bench, "--model", args.model, "--ids", args.ids, "--tokens", str(n_tokens), "serve"]
        environment = os.environ | {"OMP_NUM_THREADS": str(args.threads)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        while self.process.stdout.readline() not in ("ready\n", ""):
            pass

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def limit(self):
        """(FLOP of a pass, seconds they take at the sgemm rate of the moment)."""
        flop, rate = self.ask("limit")
        return flop, flop / rate

    def seconds(self):
        return self.ask("pass")[0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Transformers:
    def __init__(self, model, ids, statistics_too):
        import torch
        self.torch, self.model, self.statistics = torch, model, statistics_too
        self.ids = torch.tensor([ids])

    def seconds(self):
        self.model.set_attn_implementation("eager" if self.statistics else "sdpa")
        start = time.perf_counter()
        with self.torch.no_grad():
            out = self.model(input_ids=self.ids, use_cache=False, logits_to_keep=1, output_attentions=self.statistics,
                             output_hidden_states=self.statistics)
            if self.statistics:
                self.reduce(out)
        elapsed = time.perf_counter() - start
        del out
        gc.collect()
        return elapsed

    def reduce(self, out):
        n = self.ids.shape[1]
        for weights, hidden in zip(out.attentions, out.hidden_states[1:]):
            weights[0].sum(dim=1) / self.torch.arange(n, 0, -1)
            hidden[0].norm(dim=1)
            self.torch.nn.functional.cosine_similarity(hidden[0], hidden[0, :1], dim=1)


class LlamaCpp:
    def __init__(self, args, ids):
        from llama_cpp import Llama
        self.ids = ids
        self.llama = Llama(model_path=args.model, n_ctx=len(ids) + 8, n_batch=512, n_threads=args.threads,
                           n_threads_batch=args.threads, flash_attn=True, verbose=False)

    def seconds(self):
        self.llama.reset()
        start = time.perf_counter()
        self.llama.eval(self.ids)
        return time.perf_counter() - start


def available_bytes():
    with open("/proc/meminfo") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def say(text):
    print(text, file=sys.stderr)


def read_ids(path, n):
    with open(path) as text:
        ids = [int(word) for word in text.readline().split()]
    return [ids[t % len(ids)] for t in range(n)]


def load_transformers(args):
    try:
        import torch
        import gguf_to_hf
    except ImportError as error:
        say(f"transformers is left out: {error}")
        return None
    torch.set_num_threads(args.threads)
    return gguf_to_hf.load(args.model)


def peers_of(args, model, ids):
    """{name: (peer, goal of its time over sinkgrid's)}"""
    peers = {}
    if model is not None:
        peers["transformers sdpa"] = Transformers(model, ids, False), ">= 1.3"
        config = model.config
        needed = 4.5 * config.num_hidden_layers * config.num_attention_heads * len(ids) ** 2
        if needed < 0.9 * available_bytes():
            peers["transformers eager with attentions"] = Transformers(model, ids, True), ">= 10" if len(ids) >= 4096 else ""
        else:
            say(f"transformers eager with attentions is left out: {len(ids)} tokens take {needed / 1e9:.0f} GB")
    try:
        peers["llama.cpp"] = LlamaCpp(args, ids), ""
    except ImportError as error:
        say(f"llama.cpp is left out: {error}")
    return peers


def row(writer, name, measured, limit, ratios, flop, goal):
    writer.writerow([name, f"{measured:.6g}", "s", f"{limit:.6g}", f"{statistics.median(ratios):.4f}", f"{min(ratios):.4f}",
                     f"{max(ratios):.4f}", len(ratios), f"{flop:.6g}", 0, goal])


def measure(args, model, n_tokens, writer):
    ours, peers = Sinkgrid(args, n_tokens), peers_of(args, model, read_ids(args.ids, n_tokens))
    for peer, _ in peers.values():
        peer.seconds()  # warm-up; sinkgrid has made its own
    rounds = []
    for _ in range(args.rounds):
        flop, limit = ours.limit()
        rounds.append({"limit": limit, "sinkgrid": ours.seconds()} | {name: peer.seconds() for name, (peer, _) in peers.items()})
    ours.close()

    def middle(name):
        return statistics.median(r[name] for r in rounds)

    def ratios(above, below):
        return [r[above] / r[below] for r in rounds]
    row(writer, f"sinkgrid, all statistics, {n_tokens}", middle("sinkgrid"), middle("limit"), ratios("limit", "sinkgrid"), flop, ">= 0.85")
    for name, (_, goal) in peers.items():
        row(writer, f"{name}, {n_tokens}", middle(name), middle("limit"), ratios("limit", name), flop, "")
        row(writer, f"{name} over sinkgrid, {n_tokens}", middle(name), middle("sinkgrid"), ratios(name, "sinkgrid"), flop, goal)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--ids", required=True)
    parser.add_argument("--tokens", default="2048,4096")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    model = load_transformers(args)
    for n_tokens in map(int, args.tokens.split(",")):
        measure(args, model, n_tokens, writer)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
