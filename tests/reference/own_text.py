"""A plain text of our own: problems and answers of experiments/prompts/reasoning.jsonl, one after another. Standard library only.

    own_text.py > text.txt
"""

import json
import os
import sys

PROMPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "prompts", "reasoning.jsonl")


def text():
    with open(PROMPTS, encoding="utf-8") as lines:
        return "\n\n".join(f"{record['prompt']}\n\n{record['output']}" for record in map(json.loads, lines)) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(text().encode())
