#!/usr/bin/env python3
"""Every text that a user can see has its row in docs/troubleshoot.md, and every row its text.

A text is what follows an error code, a log level and the like in the sources; of one that is put together, the first
fixed piece. A row names it in backquotes in its first column; `…` there stands for what varies.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
PAGE = ROOT / "docs/troubleshoot.md"
SHORTEST = 8  # a shorter piece, such as a quote sign, says nothing

LITERAL = r'"(?:[^"\\]|\\.)*"'
# What comes before a text. The texts of properties have one form each (see the page) and are not listed one by one.
CPP = re.compile(
    r"(?:\{EKWS_E_\w+,\s*|EKWS_LOG_(?:ERROR|WARN|INFO),\s*|warn_seldom\(|bad_argument\(|beyond_limit\([^\"]*|"
    r"violation\([^\"]*|refuse\(\d+,\s*|refusal\([^\"]*|what = |return fill\(err, EKWS_E_\w+,\s*)"
    rf"(?:\w+[^;{{}}\"]*\+\s*)?(?:std::string\()?({LITERAL}(?:\s*{LITERAL})*)"
)
GO = re.compile(
    r"(?:fmt\.Errorf\(|errors\.New\(|\.Warn\(|\.Warnf\(|\.Error\(|\.Errorf\(|\.Info\(|\.Infof\()"
    rf"({LITERAL}(?:\s*\+\s*{LITERAL})*)"
)


def joined(literals):
    text = "".join(part[1:-1] for part in re.findall(LITERAL, literals))
    return text.replace('\\"', '"').replace("\\n", " ")


def cpp_texts():
    for path in sorted((ROOT / "plugin/src").rglob("*.cpp")) + sorted((ROOT / "plugin/src").rglob("*.h")):
        if path.relative_to(ROOT / "plugin/src").parts[0] != "config":
            for match in CPP.finditer(path.read_text()):
                yield path, joined(match.group(1))


def go_texts():
    for path in sorted((ROOT / "cgo_bridge").glob("*.go")):
        if not path.name.endswith("_test.go"):
            for match in GO.finditer(path.read_text()):
                yield path, re.split(r"%[-+.\d]*[a-zA-Z]", joined(match.group(1)))


def pieces(text):
    """The fixed pieces of a source text, longest first."""
    parts = text if isinstance(text, list) else [text]
    return sorted((part.strip(" ;:,()") for part in parts), key=len, reverse=True)


def rows():
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


def all_literals():
    files = [*(ROOT / "plugin/src").rglob("*.cpp"), *(ROOT / "cgo_bridge").glob("*.go")]
    return " ".join(joined(group) for path in files
                    for group in re.findall(rf"{LITERAL}(?:[\s+]*{LITERAL})*", path.read_text()))


def main():
    named = list(rows())
    sources = [(path, pieces(text)[0]) for path, text in [*cpp_texts(), *go_texts()]]
    problems = []
    for path, piece in sources:
        if len(piece) >= SHORTEST and not any(piece in row for row in named):
            problems.append(f"{path.relative_to(ROOT)}: no row for {piece!r}")
    everything = all_literals()
    for row in named:
        parts = sorted((part.strip(" ;:,()") for part in row.split("…")), key=len, reverse=True)
        if not any(part in everything for part in parts if len(part) >= SHORTEST):
            problems.append(f"docs/troubleshoot.md: no source has {row!r}")
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


sys.exit(main())
