#!/usr/bin/env python3
"""Every text that users can see has a row in docs/troubleshoot.md or docs/secure.md, and each row of the first a text.

A text is a string literal of the core or the shim that has a space in it; of a format, its longest fixed piece. It is
looked for in the first column of the pages' tables, where texts stand in backquotes and `…` is what varies. Literals
that no user sees, or that another page is made of, are listed below.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
SHORTEST = 8  # a shorter piece, such as " and ", says nothing

NO_MESSAGES = {
    "table.cpp": "what a form shows: docs/configure.md is made of it",
    "render_json.cpp": "websocket.json",
    "render_markdown.cpp": "docs/configure.md",
    "render_yaml.cpp": "websocket.yaml",
    "build_info.cpp": "versions",
    "retry_after.cpp": "forms of a date that is read",
}
NOT_FOR_USERS = {
    "no row for property": "a slip of ours that every test would find",
    "PRI * HTTP/2.0": "bytes of a protocol",
    "text/plain; charset=utf-8": "bytes of a protocol",
    "ekws loop": "a name in Go's poller",
    "the text given": "what a refusal is about where no file was named",
    "shared stream": "a part of who reads, as `rule r1` is",
}
VARIES = r"%[-+.\d]*[a-zA-Z]"  # in a format
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
# What users gave is not allowed, it must be …: one form, with one row. What is allowed is not listed value by value.
ALLOWED = re.compile(rf"\brefuse\((?:{LITERAL}|[^;\"])*;|\bkAllowed = {LITERAL}|\bkPem = {LITERAL}")
COMMENT = re.compile(rf"({LITERAL}|'(?:[^'\\\n]|\\.)+')|//[^\n]*|/\*.*?\*/", re.DOTALL)


def sources():
    for path in sorted([*(ROOT / "plugin/src").rglob("*.cpp"), *(ROOT / "plugin/src").rglob("*.h"),
                        *(ROOT / "cgo_bridge").glob("*.go")]):
        if path.name not in NO_MESSAGES and not path.name.endswith("_test.go"):
            yield path, COMMENT.sub(lambda match: match.group(1) or "", path.read_text())


def joined(literals):
    text = "".join(part[1:-1] for part in re.findall(LITERAL, literals))
    return text.replace('\\"', '"').replace("\\r", " ").replace("\\n", " ").replace("\\t", " ")


def texts(source):
    """The literals, one that goes on behind the other as one."""
    return [joined(match) for match in re.findall(rf"{LITERAL}(?:[\s+]*{LITERAL})*", source)]


def pieces(text, varies):
    """What of a text does not vary, the longest first."""
    return sorted((part.strip(" ;:,.()\"'") for part in re.split(varies, text)), key=len, reverse=True)


def rows(page):
    return [row for line in (ROOT / page).read_text().splitlines() if line.startswith("| `")
            for row in re.findall(r"`([^`]+)`", line.split(" | ")[0])]


def main():
    ours = rows("docs/troubleshoot.md")
    named = ours + rows("docs/secure.md")  # which has some of OpenSSL's, too
    problems, known = [], set()
    for path, source in sources():
        known |= {pieces(text, VARIES)[0] for text in texts(source)}
        for text in texts(ALLOWED.sub("", source) if path.parent.name == "config" else source):
            piece = pieces(text, VARIES)[0]
            if " " in piece and len(piece) >= SHORTEST and piece not in NOT_FOR_USERS \
                    and not any(piece in row for row in named):
                problems.append(f"{path.relative_to(ROOT)}: no row for {piece!r}")
    known = {piece for piece in known if len(piece) >= SHORTEST}
    for row in ours:
        if not any(piece in row for piece in known) and not any(pieces(row, "…")[0] in piece for piece in known):
            problems.append(f"docs/troubleshoot.md: no source has {row!r}")
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


sys.exit(main())
