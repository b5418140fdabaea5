"""Builds the site generator: turns templates/*.html into build/templates.py, a function for each.

    {{name}}    the value of `name`
"""

import pathlib
import re

HERE = pathlib.Path(__file__).parent


def function(template):
    """The text of a function that fills the template in."""
    parts = re.split(r"\{\{(\w+)\}\}", template.read_text(encoding="utf-8"))
    lines = [f"def {template.stem}(values):", "    out = []"]
    for index, part in enumerate(parts):
        value = f"values[{part!r}]" if index % 2 else repr(part)
        lines.append(f"    out.append({value})")
    return "\n".join([*lines, '    return "".join(out)', ""])


def main():
    out = HERE / "build"
    out.mkdir(exist_ok=True)
    templates = sorted((HERE / "templates").glob("*.html"))
    text = "\n\n".join(function(template) for template in templates)
    (out / "templates.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
