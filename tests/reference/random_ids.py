"""Short sequences of random token ids, BOS first, as an `input_ids` prompt file. Standard library only: the same ids anywhere.

    random_ids.py [--seed 1] [--count 200] [--vocab 49152] [--bos 1] [--min-length 8] [--max-length 64] [--plain] > random_ids.jsonl

--plain writes token ids with white space between, one sample a line, as `sinkgrid measure --ids` reads them. Lengths count the BOS.
"""

import argparse
import json
import random


def draw(seed=1, count=200, vocab=49152, bos=1, min_length=8, max_length=64):
    rng = random.Random(seed)
    samples = []
    for _ in range(count):
        length = rng.randrange(min_length, max_length + 1)
        samples.append([bos] + [rng.randrange(vocab) for _ in range(length - 1)])
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--vocab", type=int, default=49152)
    parser.add_argument("--bos", type=int, default=1)
    parser.add_argument("--min-length", type=int, default=8)
    parser.add_argument("--max-length", type=int, default=64)
    parser.add_argument("--plain", action="store_true")
    args = parser.parse_args()
    for ids in draw(args.seed, args.count, args.vocab, args.bos, args.min_length, args.max_length):
        print(" ".join(map(str, ids)) if args.plain else json.dumps({"input_ids": ids}))


if __name__ == "__main__":
    main()
