#!/usr/bin/env python3
"""Seeds of the fuzz targets of the text room, from the data of their tests:
tests/fuzz/corpus/{tokenizer,sentencepiece,template}. Usage: tests/fuzz/text_seeds.py (needs sentencepiece)
"""

import io
import json
from pathlib import Path

import sentencepiece

HERE = Path(__file__).parent
DATA = HERE.parent / "data"


def small(base, model):
    """A base cut down to some tokens: libFuzzer mutates short inputs better."""
    if base == "unigram":
        return {**model, "vocab": [v for v in model["vocab"] if v[0][:3] != "<0x"][:60]}
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1])[:60 if base == "bytes" else 300])
    merges = [m for m in model["merges"] if m[0] in vocab and m[1] in vocab and "".join(m) in vocab]
    return {**model, "vocab": vocab, "merges": merges[:40]}


def main():
    bases = json.load(open(DATA / "tokenizers" / "bases.json", encoding="utf-8"))
    for name, variant in json.load(open(DATA / "tokenizers" / "variants.json", encoding="utf-8")).items():
        if "file" in variant:
            continue
        model = {**small(variant["base"], bases[variant["base"]]), **variant.get("model", {})}
        document = {k: v for k, v in variant.items() if k not in ("base", "model")}
        text = json.dumps({"model": model, **document}, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) < 4096:
            (HERE / "corpus" / "tokenizer" / name).write_text(text, encoding="utf-8")
    for kind in ("bpe", "unigram"):
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["the cat sat", "the mat is the cat's", "a b c 1 2"] * 9), model_writer=out, model_type=kind,
            vocab_size=290 if kind == "bpe" else 30, byte_fallback=kind == "bpe", hard_vocab_limit=False, minloglevel=2,
            normalization_rule_name="identity", user_defined_symbols=["<x>"])
        (HERE / "corpus" / "sentencepiece" / kind).write_bytes(out.getvalue())
    cases = json.load(open(DATA / "templates.json", encoding="utf-8"))["cases"]
    for i, source in enumerate(sorted({c["source"] for c in cases})[::4]):
        (HERE / "corpus" / "template" / ("%03d" % i)).write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
