"""sinkgrid beside transformers and llama.cpp on the same token ids, a round of each in turn.

    peers.py --bench PROGRAM --model FILE.gguf --ids FILE [--tokens 2048,4096] [--peers sdpa,eager,llama.cpp] [--rounds 7] [--threads N]

sinkgrid, always: all quantities recorded. transformers, float32: with sdpa and no statistics; eager, as the study does it (whole
attention matrices and hidden states of all layers kept, then reduced). llama.cpp: the quantized weights as they are, flash attention, no
statistics. Standard error names each time as soon as it is measured, and what does not fit into memory or is not installed and so is left
out; standard output gets rows of tests/bench/run, medians, after the rounds of a length, or at SIGTERM those so far.
"""

import argparse
import csv
import gc
import os
import signal
import statistics
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))

SETTLE_SECONDS = 30  # virtual machines take back 20 GB that a process has left, and are slow meanwhile

NAMES = {"sdpa": "transformers sdpa", "eager": "transformers eager with attentions", "llama.cpp": "llama.cpp"}


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
        if self.statistics:
            time.sleep(SETTLE_SECONDS)
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
    print(text, file=sys.stderr, flush=True)


def read_ids(path, n):
    with open(path) as text:
        ids = [int(word) for word in text.readline().split()]
    return [ids[t % len(ids)] for t in range(n)]


class OutOfTime(Exception):
    pass


def stop(number, _):
    raise OutOfTime(signal.Signals(number).name)


def load_transformers(args):
    if not {"sdpa", "eager"} & set(args.peers):
        return None
    try:
        import torch
        import gguf_to_hf
    except ImportError as error:
        say(f"transformers is left out: {error}")
        return None
    torch.set_num_threads(args.threads)
    return gguf_to_hf.load(args.model)


def eager_fits(config, n_tokens):
    needed = 4.5 * config.num_hidden_layers * config.num_attention_heads * n_tokens ** 2
    if needed < 0.9 * available_bytes():
        return True
    say(f"{NAMES['eager']} is left out: {n_tokens} tokens take {needed / 1e9:.0f} GB, {available_bytes() / 1e9:.0f} GB are free")
    return False


def open_peer(key, args, model, ids):
    """The peer, or None: said why."""
    try:
        if key == "llama.cpp":
            return LlamaCpp(args, ids)
    except ImportError as error:
        say(f"llama.cpp is left out: {error}")
        return None
    if model is None or (key == "eager" and not eager_fits(model.config, len(ids))):
        return None
    return Transformers(model, ids, key == "eager")


def goal(key, n_tokens):
    """Of a peer's time over sinkgrid's."""
    return {"sdpa": ">= 1.3", "eager": ">= 10" if n_tokens >= 4096 else ""}.get(key, "")


class Rounds:
    """Times of sinkgrid and its peers on one text, each beside the others of its round."""

    def __init__(self, args, model, n_tokens):
        self.n_tokens = n_tokens
        self.ours = Sinkgrid(args, n_tokens)
        ids = read_ids(args.ids, n_tokens)
        peers = {key: open_peer(key, args, model, ids) for key in args.peers}
        self.peers = {key: peer for key, peer in peers.items() if peer is not None}
        self.flop, self.own, self.others = 0, [], {}  # own: (seconds, limit); others: key -> (seconds, sinkgrid's, limit)

    def time(self, key):
        """Seconds of a pass, None (and the peer left out from here on) if memory does not suffice."""
        try:
            return self.peers[key].seconds()
        except (MemoryError, RuntimeError) as error:
            say(f"{NAMES[key]} is left out: {self.n_tokens} tokens: {str(error).splitlines()[0] if str(error) else 'no memory'}")
            del self.peers[key]
            gc.collect()
            return None

    def warm_up(self):
        for key in list(self.peers):  # sinkgrid has made its own
            self.time(key)

    def add(self):
        self.flop, limit = self.ours.limit()
        own = self.ours.seconds()
        self.own.append((own, limit))
        say(f"{self.n_tokens} tokens, round {len(self.own)}: sinkgrid {own:.3f} s, {limit / own:.3f} of the limit")
        for key in list(self.peers):
            seconds = self.time(key)
            if seconds is not None:
                self.others.setdefault(key, []).append((seconds, own, limit))
                say(f"{self.n_tokens} tokens, round {len(self.own)}: {NAMES[key]} {seconds:.3f} s, {seconds / own:.3f} of sinkgrid's")

    def write(self, writer):
        if not self.own:
            return
        own, limit = zip(*self.own)
        self.row(writer, "sinkgrid, all statistics", own, limit, [b / a for a, b in self.own], ">= 0.85")
        for key, times in self.others.items():
            seconds, beside, limit = zip(*times)
            self.row(writer, NAMES[key], seconds, limit, [c / a for a, _, c in times], "")
            self.row(writer, f"{NAMES[key]} over sinkgrid", seconds, beside, [a / b for a, b, _ in times], goal(key, self.n_tokens))

    def row(self, writer, name, measured, limit, ratios, goal_of_ratio):
        writer.writerow([f"{name}, {self.n_tokens}", f"{statistics.median(measured):.6g}", "s", f"{statistics.median(limit):.6g}",
                         f"{statistics.median(ratios):.4f}", f"{min(ratios):.4f}", f"{max(ratios):.4f}", len(ratios),
                         f"{self.flop:.6g}", 0, goal_of_ratio])


def measure(args, model, n_tokens, writer):
    rounds = Rounds(args, model, n_tokens)
    try:
        rounds.warm_up()
        for _ in range(args.rounds):
            rounds.add()
    finally:
        rounds.write(writer)
        sys.stdout.flush()
        rounds.ours.close()


def words_of(choices):
    def parse(text):
        words = text.split(",")
        unknown = [word for word in words if word not in choices]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(choices)}")
        return words
    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--ids", required=True)
    parser.add_argument("--tokens", default="2048,4096", help="lengths, a comma between")
    parser.add_argument("--peers", type=words_of(NAMES), default=list(NAMES), help=f"of {','.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    try:
        model = load_transformers(args)
        for n_tokens in map(int, args.tokens.split(",")):
            measure(args, model, n_tokens, writer)
    except OutOfTime as signalled:
        sys.exit(f"peers.py: {signalled}: the rows are of the rounds before it")


if __name__ == "__main__":
    main()
