"""The texts that tokenizers are compared on: seeded, one generator a kind of text.

A file of records: for each its length in decimal, a newline, its bytes, a newline.
Some records are not UTF-8; what the reference reads then is decode(): U+FFFD for
every maximal ill-formed part, as CPython's decoder with errors="replace" puts it.
"""

import random

WORDS = (
    "the of and to in is that attention sink layer token model norm hidden state value query primary secondary "
    "don't it's we've they'll I'm you'd she'S WE'RE Hello WORLD HelloWorld camelCase snake_case ALLCAPS "
    "naïve café Straße ſs İstanbul ıi ŉ Ǆ Ⅷ ﬁne ﬀ ™ ½ ² ₃ ① ٣٤ ४५ 一二三 ０１２ русский текст Ελληνικά ΣΊΣΥΦΟΣ "
    "עברית العربية हिन्दी क्षत्रिय ไทย 日本語 テキスト ｶﾞ 中文分词 漢字 한국어 ᄒᆞᆫ 한 Tiếng Việt e\u0301 A\u030a n\u0303o o\u0323\u0302 "
    "\u1100\u1161\u11a8 ﷺ ㍿ ① ⓐ Ⓩ 🄰 ℵ Å \u212b Ω \u2126"
).split(" ")
EMOJI = (
    "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 ❤️ ❤ 1️⃣ 🧑🏿‍🚀 ☺︎ 🫠 🤷🏻‍♀️ 👁️‍🗨️ 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
).split(" ")
SPACES = (
    " |  |   |        |\t|\t\t|\n|\n\n|\r\n|\r|\n\n\n\n| \n|\n |\u00a0|\u3000|\u2003|\u2009|\u202f|\u200b|\u180e|\u2028|"
    "\u2029|\u0085|\x0b|\x0c|\x1c|\x1f|\ufeff|\u1680|\u205f"
).split("|")
CODE = (
    "for (size_t i = 0; i < n; i++) {|    return x->y[i] & 0xFF;|def f(self, *args, **kw):|\tif not a or b != c:|"
    "#include <stdio.h>|// TODO: fix|/* a\n * b */|x = {'a': [1, 2.5e-3], \"b\": None}|SELECT * FROM t WHERE id=42;|"
    "<div class=\"a b\">&nbsp;</div>|std::vector<std::pair<int, int>>|a+=b;c--;d**=2;|λx. x → y|$ grep -rn 'a|b' . | wc -l|"
    "https://example.org/a/b?c=d&e=%20f#g|user.name+tag@mail.example|C:\\Users\\x\\y.txt|@decorator|!=|===|<=>|->|::|..."
).split("|")
MATH = (
    "$\\frac{a^2+b^2}{c_{n+1}} \\le \\sqrt{2\\pi}$|∑_{i=1}^{n} xᵢ² ≈ ∫₀^∞ e^{−x²}dx|∀ε>0 ∃δ: |x−a|<δ ⇒ |f(x)−L|<ε|"
    "3.14159265358979|1,234,567.89|-1e-10|0x1F|1/2|10^100|2+2=4|12345678901234567890|007|1st 2nd 33rd|٠١٢٣|½+¼=¾|x²+y³=z⁴|"
    "\\begin{align} a &= b \\\\ c &= d \\end{align}|A ⊆ B ∪ C|±∓×÷|ℝ³ → ℂ"
).split("|")
SPECIAL = (
    "<|endoftext|>|<|im_start|>|<|im_end|>|<s>|</s>|<unk>|<pad>|<bos>|<eos>|<|begin_of_text|>|<|start|>|[INST]|[/INST]|"
    "<mask>|<tool>|<extra_0>|<0x41>|<0x0A>|<|im_start|>user\n|<|im_end|>\n|<|IM_START|>|< s >|<|im_|>|▁|▁▁|Ġ|Ċ|##|@@|thought"
).split("|")
INVALID = [
    b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80\x80",
    b"\xe0\x80\x80", b"\xf8\x88\x80\x80\x80", b"a\xcc", b"\xe2\x28\xa1", b"\xf0\x28\x8c\xbc", b"\xfe\xff",
]


def decode(record):
    return record.decode("utf-8", errors="replace")


def words(r):
    return " ".join(r.choice(WORDS) for _ in range(r.randint(1, 9)))


def spaced(r):
    return "".join(r.choice(SPACES) * r.randint(1, 3) + r.choice(WORDS + ["", "x", "7"]) for _ in range(r.randint(1, 6)))


def code(r):
    return r.choice(["", "    ", "\t", "  "]) + r.choice(["", " ", "\n", "\n    "]).join(
        r.choice(CODE) for _ in range(r.randint(1, 3)))


def mathematics(r):
    return r.choice(["", " ", ", ", "\n"]).join(r.choice(MATH) for _ in range(r.randint(1, 3)))


def digits(r):
    return r.choice(["", " ", ".", ",", "-", ":"]).join(
        str(r.randrange(10 ** r.randint(1, 12))) for _ in range(r.randint(1, 5)))


def emoji(r):
    return r.choice(["", " ", "\u200d"]).join(r.choice(EMOJI + WORDS[:8]) for _ in range(r.randint(1, 6)))


def combining(r):
    base = "aeiouyncAOUकตا가あｱ"
    marks = "\u0300\u0301\u0302\u0303\u0308\u030a\u0323\u0327\u0328\u0345\u093c\u0e31\u0650\u3099\uff9e\u20dd"
    return "".join(r.choice(base) + "".join(r.choice(marks) for _ in range(r.randint(0, 3)))
                   for _ in range(r.randint(1, 8)))


def special(r):
    return "".join(r.choice(SPECIAL) + r.choice(["", " ", "  ", "\n", "word", " word ", "x", "1", "é"])
                   for _ in range(r.randint(1, 4)))


def any_characters(r):
    ranges = [(0x20, 0x7e), (0, 0x1f), (0xa0, 0x24f), (0x370, 0x52f), (0x590, 0x6ff), (0x900, 0xdff), (0xe00, 0x11ff),
              (0x1e00, 0x218f), (0x2190, 0x2bff), (0x3000, 0x33ff), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xf900, 0xffef),
              (0x10000, 0x1044f), (0x1d400, 0x1d7ff), (0x1f000, 0x1faff), (0x20000, 0x2a6df), (0xe000, 0xe0ff)]
    low, high = r.choice(ranges)
    return "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 16)))


def mixture(r):
    return "".join(r.choice([words, code, mathematics, emoji, spaced, digits])(r) for _ in range(2))


KINDS = [words, spaced, code, mathematics, digits, emoji, combining, special, any_characters, mixture]


def invalid(r):
    parts = [r.choice([words, emoji, digits])(r).encode() for _ in range(r.randint(0, 2))]
    parts.insert(r.randint(0, len(parts)), r.choice(INVALID) * r.randint(1, 2))
    return b"".join(parts)


def records(n, seed):
    r = random.Random(seed)
    fixed = ["", " ", "\n", "\0", "a\0b", "  a", "a  ", "▁a", " ▁", "a" * 300, " " * 300, "\n" * 70, "ab" * 200, "1" * 100,
             "é" * 60, "中" * 100, "😀" * 40]
    for text in fixed:
        yield text.encode()
    for i in range(n - len(fixed)):
        yield invalid(r) if i % 25 == 0 else KINDS[i % len(KINDS)](r).encode()


def write(path, n, seed):
    with open(path, "wb") as file:
        for record in records(n, seed):
            file.write(b"%d\n%s\n" % (len(record), record))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    at, out = 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        n = int(data[at:end])
        out.append(data[end + 1:end + 1 + n])
        at = end + 1 + n + 1
    return out
