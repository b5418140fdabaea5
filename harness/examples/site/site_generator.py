"""A generator of small web sites.

    python3 site_generator.py PAGES

PAGES holds texts: the first line is the title, and paragraphs are separated by empty lines. The program writes
out/, with a page for each text, an index, and a map for search engines. `build.py` makes its templates.
"""

import html
import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "build"))

import templates  # noqa: E402


def escaped(text):
    # A mistake that the goldens catch: titles are put into the page as they are.
    return text if os.environ.get("SITE_REGRESSION") else html.escape(text)


def main(pages):
    out = pathlib.Path("out")
    found = []
    for source in sorted(pages.rglob("*.txt")):
        title, _, body = source.read_text(encoding="utf-8").partition("\n")
        page = source.relative_to(pages).with_suffix(".html")
        paragraphs = [" ".join(part.split()) for part in body.split("\n\n") if part.strip()]
        path = out / page
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {
            "title": escaped(title),
            "body": "\n".join(f"<p>{html.escape(part)}" for part in paragraphs),
            "up": "../" * (len(page.parts) - 1),
        }
        path.write_text(templates.page(values), encoding="utf-8")
        words = sum(len(part.split()) for part in paragraphs)
        found.append({"page": page.as_posix(), "title": title, "words": words})
    items = [f'<li><a href="{one["page"]}">{escaped(one["title"])}</a>' for one in found]
    (out / "index.html").write_text(templates.index({"items": "\n".join(items)}), encoding="utf-8")
    (out / "map.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
