#!/usr/bin/env python3
"""Checks of report.html, one a call; prints what is wrong and exits with 1.

page.py alone PAGE             nothing is loaded from elsewhere
page.py ids PAGE               ids are unique, links within the page lead somewhere, tags are closed
page.py figures PAGE N NAME... there are N figures of each name, each with one picture and a caption without gaps
page.py escaped PAGE TEXT      TEXT is on the page as text, not as markup
page.py click PAGE OUT         writes OUT: the page whose first table is sorted by its second column twice; the orders in the title
page.py frame PAGE WIDTH OUT   writes OUT: the page in a frame of WIDTH px, which writes its widest element into its title
"""

import html
import html.parser
import re
import sys
from pathlib import Path

VOID = {"meta", "br", "img", "link", "hr", "input"}

MEASURE = """<script>window.addEventListener('load', function () {
  var widest = 0, name = '';
  document.querySelectorAll('body, body *').forEach(function (e) {
    var box = e.getBoundingClientRect();
    if (e.closest('svg') && e.tagName !== 'svg') return;
    if (box.right > widest) { widest = box.right; name = e.tagName + ' ' + e.textContent.slice(0, 40); }
  });
  var text = Math.ceil(Math.max(widest, document.documentElement.scrollWidth)) + ' ' + name;
  parent.postMessage(text.replace(/[^ -~]/g, '?'), '*');
});</script>"""


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.open, self.errors = [], [], [], []
        self.loads = []
        self.feed(text)
        self.close()
        if self.open:
            self.errors.append(f"not closed: {self.open}")

    def handle_startendtag(self, tag, attrs):
        self.note(tag, attrs)

    def handle_starttag(self, tag, attrs):
        self.note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}> closes nothing at {self.getpos()}")

    def note(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "xlink:href"):
                self.links.append(value)
            elif name in ("src", "srcset", "data", "action"):
                self.loads.append((tag, value))
        if tag in ("link", "iframe", "object", "embed", "base"):
            self.loads.append((tag, ""))


def alone(text):
    page = Page(text)
    wrong = [f"<{tag}> {value}" for tag, value in page.loads]
    wrong += [link for link in page.links if not link.startswith("#")]
    return wrong + re.findall(r"url\([^)#]*\)|@import[^;]*", text)


def ids(text):
    page = Page(text)
    wrong = page.errors + [f"id {i} twice" for i in set(page.ids) if page.ids.count(i) > 1]
    return wrong + [f"no {link}" for link in set(page.links) if link[1:] not in page.ids]


def figures(text, n, *names):
    wrong = []
    for name in names:
        one_picture = r"<svg(?:(?!<svg).)*</svg>"
        found = re.findall(rf'<figure data-figure="{name}">\s*{one_picture}\s*<figcaption>(.*?)</figcaption>', text, re.S)
        if len(found) != int(n):
            wrong.append(f"{len(found)} figures {name} instead of {n}")
        wrong += [f"figure {name}: short caption" for caption in found if len(caption) < 60]
        wrong += [f"figure {name}: {caption}" for caption in found if re.search(r"\bnan\b", caption)]
    return wrong


def escaped(text, sample):
    if sample in text:
        return ["there as markup"]
    return [] if sample in html.unescape(text) else ["not there"]


CLICK = """<script>window.addEventListener('load', function () {
  var table = document.querySelector('table'), orders = [];
  for (var turn = 0; turn < 2; turn++) {
    table.querySelectorAll('th')[1].click();
    orders.push(Array.from(table.tBodies[0].rows).map(function (row) { return row.cells[0].textContent; }).join(' '));
  }
  document.title = 'sorted ' + orders.join('; ');
});</script>"""


def click(text, out):
    Path(out).write_text(text.replace("</body>", CLICK + "</body>"))
    return []


def frame(text, width, out):
    copy = Path(out).with_suffix(".copy.html")
    copy.write_text(text.replace("</body>", MEASURE + "</body>"))
    Path(out).write_text(
        "<!DOCTYPE html><title>unmeasured</title><script>window.addEventListener('message', function (e) "
        "{ document.title = 'widest ' + e.data; });</script>"
        f'<body style="margin:0"><iframe src="{copy.name}" width="{width}" height="12000" style="border:0"></iframe>')
    return []


def main():
    check = {"alone": alone, "ids": ids, "figures": figures, "escaped": escaped, "click": click, "frame": frame}[sys.argv[1]]
    wrong = check(Path(sys.argv[2]).read_text(), *sys.argv[3:])
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
