"""tests/data/families/<case>/model.gguf by llama.cpp's own converter, so that writer and reader cannot share an error.

    make_gguf.py FAMILIES [--case NAME ...] [--seed S]

The converter is taken from the source distribution of package llama-cpp-python; nothing of it is kept. It asks for a tokenizer, so a tiny
one is trained for it (SentencePiece or byte-level, as the architecture wants); the ids of the tests have nothing to do with it. Three
things are given to it: the name of the pre-tokenizer, which it finds by the hash of a published vocabulary; keys of config.json that
transformers 5 drops on reading (GPT-NeoX's rotary_pct); GPT-2 without its mask tensors, which this version of it cannot pass over. Cases
that name a reason (`why` in family_cases.py) are left out.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

import published
from family_cases import CASES, Shapes

PACKAGE = "llama-cpp-python==0.3.36"
SENTENCEPIECE = {"llama", "mistral-head-dim", "phi3-longrope", "gemma2", "gemma3"}
PRE_TOKENIZER = {"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "qwen2", "qwen3_moe": "qwen2", "gpt_oss": "gpt-4o", "gpt2": "gpt-2",
                 "gpt_neox": "olmo", "olmo2": "dbrx"}
CORPUS = ["the sink that draws attention is the first token", "a second sink arises later and lasts for some layers",
          "norms grow and shrink along the depth", "heads attend to it in vain", "digits 0 1 2 3 4 5 6 7 8 9 and the rest"] * 4
# Run apart, so that the converter's own gguf package is the one imported.
RUN = """
import sys
root, pre = sys.argv[1:3]
sys.path[:0] = [root, root + "/gguf-py"]
import convert_hf_to_gguf, conversion.base, json, os
conversion.base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
load = conversion.base.ModelBase.load_hparams
def load_all(folder, *args, **kwargs):
    return json.load(open(os.path.join(folder, "config.json"))) | load(folder, *args, **kwargs)
conversion.base.ModelBase.load_hparams = staticmethod(load_all)
sys.argv[1:3] = []
convert_hf_to_gguf.main()
"""


def converter():
    """The folder of llama.cpp in the unpacked source distribution."""
    found = glob.glob(os.path.join(published.CACHE, "llama_cpp_python-*", "vendor", "llama.cpp"))
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python",
                        "--dest", published.CACHE, PACKAGE], check=True)
        archive = glob.glob(os.path.join(published.CACHE, "llama_cpp_python-*.tar.gz"))[0]
        with tarfile.open(archive) as source:
            source.extractall(published.CACHE, filter="data")
        return converter()
    return found[0]


def sentencepiece_tokenizer(folder, n_vocab):
    import sentencepiece
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS), model_prefix=os.path.join(folder, "tokenizer"),
                                             model_type="bpe", vocab_size=min(n_vocab, 60), bos_id=1, eos_id=2, unk_id=0,
                                             hard_vocab_limit=False, minloglevel=2, num_threads=1)
    write(folder, "tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>"})


def byte_level_tokenizer(folder, n_vocab):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<|unk|>", "<|bos|>", "<|eos|>"]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=min(n_vocab, 60), special_tokens=special, show_progress=False))
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    write(folder, "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|bos|>", "eos_token": "<|eos|>"})


def write(folder, name, content):
    with open(os.path.join(folder, name), "w") as out:
        json.dump(content, out)


def convert(folder, name, case):
    """Returns the converter's last words where it refuses."""
    from safetensors.torch import load_file, save_file
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(os.path.join(folder, "config.json"), work)
        tensors = load_file(os.path.join(folder, "model.safetensors"))
        save_file({n: t for n, t in tensors.items() if not n.endswith(".attn.bias")}, os.path.join(work, "model.safetensors"),
                  metadata={"format": "pt"})
        (sentencepiece_tokenizer if name in SENTENCEPIECE else byte_level_tokenizer)(work, case.config["vocab_size"])
        model_type = case.config["model_type"]
        command = [sys.executable, "-c", RUN, converter(), PRE_TOKENIZER.get(model_type, "default"), work, "--outtype", case.gguf,
                   "--outfile", os.path.join(folder, "model.gguf"), "--model-name", name]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.stderr.strip().splitlines()[-1:] if done.returncode else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families")
    parser.add_argument("--case", action="append", choices=sorted(CASES))
    parser.add_argument("--seed", type=int, default=1, help="the one that families.py was given")
    args = parser.parse_args()
    refused = 0
    for name in args.case or CASES:
        case = CASES[name](Shapes(args.seed, name))
        if not case.gguf:
            print(f"{name}: none, {case.why}")
            continue
        complaint = convert(os.path.join(args.families, name), name, case)
        refused += complaint is not None
        size = 0 if complaint else os.path.getsize(os.path.join(args.families, name, "model.gguf"))
        print(f"{name}: refused: {complaint}" if complaint else f"{name}: {size} bytes", flush=True)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
