"""Small tokenizers of every kind, and the ids that the reference gives for 2,200 texts.

    python3 tests/reference/tokenizer_ids.py make       writes tests/data/tokenizers (needs tokenizers, sentencepiece, gguf)
    python3 tests/reference/tokenizer_ids.py show NAME LINE    the reference's ids and tokens of one text

What is written:
    lines.txt       the texts (tokenizer_lines.py)
    bases.json      models that several tokenizers share: byte-level BPE, SentencePiece-like BPE, unigram
    variants.json   one entry a tokenizer: its base and the components around it, as tokenizer.json has them
    *.model         SentencePiece's own files, trained by package sentencepiece
    *.gguf          metadata only, written by package gguf
    expected.bin    for every tokenizer, in the order of variants.json, 4 bytes a text: the first of the SHA-256 of
                    the ids as little-endian int32 (a difference is looked at with `show`)
    clear.txt       ids in the clear of some texts

The byte-level base is trained without cutting at word borders, so that its merges cross them: a
pre-tokenizer that cuts at another place gives other ids. Versions: tokenizers 0.23, sentencepiece 0.2, gguf 0.19.
"""

import base64
import collections
import hashlib
import json
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))] + [
    os.path.dirname(os.path.abspath(__file__))]  # this file must not shadow the package `tokenizers`

import tokenizer_lines  # noqa: E402

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tokenizers")
N_LINES, SEED = 2200, 20251124
CLEAR = [5, 17, 40, 77, 123]

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
          r"|\s*[\r\n]|\s+(?!\S)|\s+")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+%s|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*%s"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = CASED % (CONTRACTIONS + "?", CONTRACTIONS + "?") + r"|\p{N}{1,3}" + REST
TEKKEN = CASED % ("", "") + r"|\p{N}" + REST
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def byte_level(use_regex=False, add_prefix_space=False):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": use_regex}


def sequence(kind, *members):
    return {"type": "Sequence", kind: list(members)}


def cut(*members):
    return sequence("pretokenizers", *members)


def added(content, id, special=True, **flags):
    token = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": not special, "special": special}
    token.update(flags)
    return token


def template(before, after=()):
    ids = {name: id for name, id in list(before) + list(after)}
    single = ([{"SpecialToken": {"id": n, "type_id": 0}} for n, _ in before] + [{"Sequence": {"id": "A", "type_id": 0}}] +
              [{"SpecialToken": {"id": n, "type_id": 0}} for n, _ in after])
    return {"type": "TemplateProcessing", "single": single,
            "pair": single + [{"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {n: {"id": n, "ids": [i], "tokens": [n]} for n, i in ids.items()}}


def variants(bases):
    nb, ns, nu = (len(bases[k]["vocab"]) for k in ("bytes", "sp", "unigram"))
    chat = [added("<|endoftext|>", nb), added("<|im_start|>", nb + 1), added("<|im_end|>", nb + 2)]
    strips = [added("<|im_start|>", nb, lstrip=True), added("<|im_end|>", nb + 1, rstrip=True),
              added("<tool>", nb + 2, special=False, lstrip=True, rstrip=True), added("thought", nb + 3, special=False, single_word=True),
              added("the", nb + 4, special=False), added("Straße", nb + 5, special=False, normalized=False)]
    neox = [added("<|endoftext|>", nb)] + [added(" " * k, nb + k - 1, special=False) for k in range(2, 8)]
    lower = [added("HELLO", ns, special=False), added("<s>", bases["sp"]["vocab"]["<s>"])]
    llama = [added("<unk>", 0), added("<s>", 1), added("</s>", 2)]
    bos = template([("<s>", 1)])
    mark = "\u2581"
    v = {
        "gpt2": {"base": "bytes", "added_tokens": chat[:1], "pre_tokenizer": byte_level(True)},
        "roberta": {"base": "bytes", "added_tokens": chat, "pre_tokenizer": byte_level(True, True),
                    "post_processor": {"type": "RobertaProcessing", "sep": ["<|im_end|>", nb + 2], "cls": ["<|im_start|>", nb + 1],
                                       "trim_offsets": True, "add_prefix_space": True}},
        "smollm": {"base": "bytes", "added_tokens": chat,
                   "pre_tokenizer": cut({"type": "Digits", "individual_digits": True}, byte_level(True))},
        "llama3": {"base": "bytes", "added_tokens": chat, "pre_tokenizer": cut(split(LLAMA3), byte_level()),
                   "post_processor": sequence("processors", byte_level(), template([("<|endoftext|>", nb)])),
                   "model": {"ignore_merges": True}},
        "qwen2": {"base": "bytes", "added_tokens": chat, "normalizer": {"type": "NFC"},
                  "pre_tokenizer": cut(split(QWEN2), byte_level())},
        "o200k": {"base": "bytes", "added_tokens": chat, "pre_tokenizer": cut(split(O200K), byte_level())},
        "cl100k": {"base": "bytes", "added_tokens": strips, "pre_tokenizer": cut(split(CL100K, "Removed", True), byte_level())},
        "tekken": {"base": "bytes", "pre_tokenizer": cut(split(TEKKEN), byte_level()), "model": {"ignore_merges": True}},
        "neox": {"base": "bytes", "added_tokens": neox, "normalizer": {"type": "NFC"}, "pre_tokenizer": byte_level(True)},
        "deepseek": {"base": "bytes", "added_tokens": chat,
                     "pre_tokenizer": cut(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK), byte_level())},
        "han": {"base": "bytes", "added_tokens": strips, "normalizer": {"type": "NFKC"},
                "pre_tokenizer": cut(split(r"\p{Han}+|\p{Letter}+\w*", "Contiguous"), split(r"\s", "MergedWithNext"), split(r"[\d_]", "MergedWithPrevious"),
                                     {"type": "Punctuation", "behavior": "MergedWithNext"}, byte_level())},
        "words": {"base": "bytes", "normalizer": {"type": "NFD"}, "pre_tokenizer": cut({"type": "Whitespace"}, byte_level())},
        "nbytes": {"base": "bytes", "normalizer": sequence("normalizers", {"type": "NFKD"}, {"type": "ByteLevel"}),
                   "pre_tokenizer": {"type": "WhitespaceSplit"}},
        "llama2": {"base": "sp", "added_tokens": llama, "post_processor": bos,
                   "normalizer": sequence("normalizers", {"type": "Prepend", "prepend": mark},
                                          {"type": "Replace", "pattern": {"String": " "}, "content": mark}),
                   "model": {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}},
        "mistral": {"base": "sp", "added_tokens": llama, "post_processor": bos,
                    "pre_tokenizer": {"type": "Metaspace", "replacement": mark, "prepend_scheme": "first", "split": False},
                    "model": {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}},
        "gemma": {"base": "sp", "added_tokens": llama + [added("\n" * k, ns + k, special=False, normalized=False) for k in range(2, 9)],
                  "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": mark},
                  "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
                  "post_processor": bos, "model": {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}},
        "unknown": {"base": "sp", "added_tokens": llama, "pre_tokenizer": {"type": "Metaspace", "replacement": mark, "prepend_scheme": "always", "split": True},
                    "model": {"byte_fallback": False, "fuse_unk": False, "unk_token": "<unk>"}},
        "dropped": {"base": "sp", "pre_tokenizer": {"type": "Metaspace", "replacement": mark, "prepend_scheme": "never", "split": True},
                    "model": {"byte_fallback": False, "fuse_unk": False, "unk_token": None}},
        "lower": {"base": "sp", "added_tokens": lower,
                  "normalizer": sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Lowercase"},
                                         {"type": "Replace", "pattern": {"Regex": r"\s+|(?=x)"}, "content": mark}),
                  "model": {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}},
        "unigram": {"base": "unigram", "pre_tokenizer": {"type": "Metaspace", "replacement": mark, "prepend_scheme": "always", "split": True},
                    "added_tokens": [added("<unk>", 0)], "post_processor": template([], [("<unk>", 0)])},
        "unigram_bytes": {"base": "unigram", "normalizer": sequence("normalizers", {"type": "Precompiled", "precompiled_charsmap": bases["charsmap"]},
                                                                    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
                          "pre_tokenizer": {"type": "Metaspace", "replacement": mark, "prepend_scheme": "first", "split": False},
                          "model": {"byte_fallback": True}},
    }
    return v


def document(bases, variant):
    """tokenizer.json of a variant; the C test puts it together in the same way."""
    model = dict(bases[variant["base"]])
    model.update(variant.get("model", {}))
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": variant.get("added_tokens", []),
            "normalizer": variant.get("normalizer"), "pre_tokenizer": variant.get("pre_tokenizer"),
            "post_processor": variant.get("post_processor"), "decoder": None, "model": model}


def corpus():
    """Texts of the same kinds, by another seed, of the 220 most frequent characters only."""
    lines = [tokenizer_lines.decode(r)[:400] for r in tokenizer_lines.records(8000, SEED + 1)]
    frequent = {c for c, _ in collections.Counter("".join(lines)).most_common(222)} - {"\ufffd", "\0"}
    return [line for line in lines if set(line) <= frequent]


def train_bytes(lines):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    t.train_from_iterator([line[i:i + 40] for line in lines for i in range(0, len(line), 40)], trainers.BpeTrainer(
        vocab_size=1100, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=16))
    return json.loads(t.to_str())["model"]


def train_sp(lines):
    from tokenizers import Tokenizer, models, normalizers, trainers
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Replace(" ", "\u2581")
    special = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]
    t.train_from_iterator([line[i:i + 40] for line in lines for i in range(0, len(line), 40)], trainers.BpeTrainer(
        vocab_size=1000, special_tokens=special, limit_alphabet=220, show_progress=False, max_token_length=12))
    return json.loads(t.to_str())["model"]


def train_unigram(lines):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>"] + ["<0x%02X>" % b for b in range(256)]
    t.train_from_iterator([" ".join(w for w in line.split() if len(w) < 14) for line in lines], trainers.UnigramTrainer(
        vocab_size=1000, special_tokens=special, unk_token="<unk>", show_progress=False, initial_alphabet=list("abc")))
    model = json.loads(t.to_str())["model"]
    model["vocab"] = [[piece, float("%.6g" % score)] for piece, score in model["vocab"]]
    return model


def train_sentencepiece(name, lines, **options):
    import sentencepiece
    rules = os.path.join(DATA, "rules.tmp")
    with open(rules, "w") as file:  # a small charsmap: the standard ones are 240 kB
        for a, b in [("ﬁ", "fi"), ("ﬀ", "ff"), ("\u3000", " "), ("\t", " "), ("\u00a0", " "), ("½", "1⁄2"), ("e\u0301", "\u00e9"), ("™", "TM"), ("Ω", "w")]:
            file.write(" ".join("%X" % ord(c) for c in a) + "\t" + " ".join("%X" % ord(c) for c in b) + "\n")
    text = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    if options.pop("rules", False):
        options["normalization_rule_tsv"] = rules
    else:
        options["normalization_rule_name"] = "identity"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(t for t in text if t.strip()), model_prefix=os.path.join(DATA, name), num_threads=1,
        minloglevel=2, hard_vocab_limit=False, **options)
    os.remove(os.path.join(DATA, name + ".vocab"))
    os.remove(rules)


SENTENCEPIECE = {
    # Llama 2's settings, and Gemma's: symbols defined by the user, no prefix.
    "sp_bpe": dict(model_type="bpe", vocab_size=1000, byte_fallback=True, remove_extra_whitespaces=False,
                   character_coverage=0.985, split_digits=True),
    "sp_bpe_user": dict(model_type="bpe", vocab_size=900, byte_fallback=True, remove_extra_whitespaces=False,
                        add_dummy_prefix=False, character_coverage=0.985, allow_whitespace_only_pieces=True,
                        user_defined_symbols=["<tool>", "[INST]", "▁▁", "▁▁▁▁", "<|im_start|>"]),
    "sp_unigram": dict(model_type="unigram", vocab_size=900, character_coverage=0.985, rules=True),
}


class SentencePieceReference:
    """Special tokens of type CONTROL are cut out first; sentencepiece encodes what lies between."""

    def __init__(self, path, bos):
        import sentencepiece
        self.sp = sentencepiece.SentencePieceProcessor(model_file=path)
        control = [i for i in range(self.sp.get_piece_size()) if self.sp.is_control(i)]
        self.ids = {self.sp.id_to_piece(i): i for i in control}
        self.cut = re.compile("(" + "|".join(re.escape(p) for p in sorted(self.ids, key=len, reverse=True)) + ")")
        self.bos = [self.sp.bos_id()] if bos else []

    def encode(self, text):
        out = list(self.bos)
        for part in self.cut.split(text):
            if part:
                out += [self.ids[part]] if part in self.ids else self.sp.encode(part)
        return out


def write_gguf(path, pre, model, types, bos=None, scores=None, **more):
    from gguf import GGUFWriter
    w = GGUFWriter(path, "llama")
    w.add_tokenizer_model("gpt2" if pre else more.pop("kind"))
    if pre:
        w.add_tokenizer_pre(pre)
    w.add_token_list(model["tokens"])
    w.add_token_types(types)
    if scores is not None:
        w.add_token_scores(scores)
    if "merges" in model:
        w.add_token_merges([" ".join(m) for m in model["merges"]])
    if bos is not None:
        w.add_bos_token_id(bos)
    for key, value in more.items():
        getattr(w, key)(value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.close()


# GGUF files of the byte-level base: name of the pre-tokenizer, and the variant whose ids it must give.
GGUF = {"gguf_smollm": ("smollm", "smollm"), "gguf_llama3": ("llama-bpe", "llama3"), "gguf_qwen2": ("qwen2", "qwen2"),
        "gguf_o200k": ("gpt-4o", "o200k")}


def make_gguf(bases, all_variants):
    for name, (pre, variant) in GGUF.items():
        tokens = sorted(bases["bytes"]["vocab"], key=bases["bytes"]["vocab"].get)
        extra = [t["content"] for t in all_variants[variant]["added_tokens"]]
        write_gguf(os.path.join(DATA, name + ".gguf"), pre, {"tokens": tokens + extra, "merges": bases["bytes"]["merges"]},
                   [1] * len(tokens) + [3] * len(extra), bos=len(tokens))
    import sentencepiece
    for name, kind, more in [("sp_bpe", "llama", {"add_add_space_prefix": True}), ("sp_unigram", "t5", {"add_remove_extra_whitespaces": True})]:
        sp = sentencepiece.SentencePieceProcessor(model_file=os.path.join(DATA, name + ".model"))
        n = sp.get_piece_size()
        types = [2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 1 for i in range(n)]
        if kind == "t5":
            more["add_precompiled_charsmap"] = charsmap(os.path.join(DATA, name + ".model"))
            more["add_add_bos_token"], more["add_add_eos_token"] = False, False
        write_gguf(os.path.join(DATA, "gguf_" + name + ".gguf"), None, {"tokens": [sp.id_to_piece(i) for i in range(n)]}, types,
                   bos=sp.bos_id(), scores=[sp.get_score(i) for i in range(n)], kind=kind, add_unk_token_id=sp.unk_id(), **more)


def charsmap(path):
    from sentencepiece import sentencepiece_model_pb2 as pb
    m = pb.ModelProto()
    m.ParseFromString(open(path, "rb").read())
    return m.normalizer_spec.precompiled_charsmap


def references(bases, all_variants):
    """name -> function from text to ids, in the order of expected.bin."""
    from tokenizers import Tokenizer
    out = {}
    for name, variant in all_variants.items():
        if "file" in variant:
            continue
        t = Tokenizer.from_str(json.dumps(document(bases, variant)))
        out[name] = lambda text, t=t: t.encode(text).ids
    for name, variant in all_variants.items():
        if variant.get("same_as"):
            out[name] = out[variant["same_as"]]
        elif "file" in variant:
            out[name] = SentencePieceReference(os.path.join(DATA, variant["model"]), variant["bos"]).encode
    return out


def digest(ids):
    return hashlib.sha256(struct.pack("<%di" % len(ids), *ids)).digest()[:4]


def make():
    os.makedirs(DATA, exist_ok=True)
    tokenizer_lines.write(os.path.join(DATA, "lines.txt"), N_LINES, SEED)
    lines = corpus()
    for name, options in SENTENCEPIECE.items():
        train_sentencepiece(name, lines, **options)
    bases = {"bytes": train_bytes(lines), "sp": train_sp(lines), "unigram": train_unigram(lines),
             "charsmap": base64.b64encode(charsmap(os.path.join(DATA, "sp_unigram.model"))).decode()}
    all_variants = variants(bases)
    make_gguf(bases, all_variants)
    for name, (_, variant) in GGUF.items():
        all_variants[name] = {"file": name + ".gguf", "same_as": variant}
    for name in SENTENCEPIECE:
        bos = name != "sp_unigram"
        all_variants[name] = {"file": name + ".model", "model": name + ".model", "bos": bos}
        if name != "sp_bpe_user":
            all_variants["gguf_" + name] = {"file": "gguf_" + name + ".gguf", "model": name + ".model", "bos": bos}
    write_json("bases.json", bases)
    write_json("variants.json", all_variants)
    reference = references(bases, all_variants)
    texts = [tokenizer_lines.decode(r) for r in tokenizer_lines.read(os.path.join(DATA, "lines.txt"))]
    with open(os.path.join(DATA, "expected.bin"), "wb") as file, open(os.path.join(DATA, "clear.txt"), "w") as clear:
        for name in all_variants:
            ids = [reference[name](text) for text in texts]
            file.write(b"".join(map(digest, ids)))
            for line in CLEAR:
                clear.write("%s %d: %s\n" % (name, line, " ".join(map(str, ids[line]))))
    print(sum(os.path.getsize(os.path.join(DATA, f)) for f in os.listdir(DATA)), "bytes,", len(all_variants), "tokenizers")


def write_json(name, value):
    with open(os.path.join(DATA, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def show(name, line):
    bases = json.load(open(os.path.join(DATA, "bases.json"), encoding="utf-8"))
    all_variants = json.load(open(os.path.join(DATA, "variants.json"), encoding="utf-8"))
    text = tokenizer_lines.decode(tokenizer_lines.read(os.path.join(DATA, "lines.txt"))[line])
    print(repr(text))
    print(" ".join(map(str, references(bases, all_variants)[name](text))))


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif len(sys.argv) == 4 and sys.argv[1] == "show":
        show(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(__doc__)
