"""Which lines of a text came by make install, and the text without them; for separate, which looks at what it means."""

import io
import itertools
from collections.abc import Iterator
from difflib import SequenceMatcher

import yaml_lines


def undo(before: str, ours: str, now: str, careful: bool = False) -> str:
    """`now` with the step from `before` to `ours` taken back, but for what was edited since. careful: as others may have
    built upon it, the first line of a section stays, and empty ones that gave way do not come back."""
    old, mid, new = map(split, (before, ours, now))
    at = matches(mid, new)
    gone: set[int] = set()
    back: dict[int, list[str]] = {}
    for _, first, last, old_first, old_last in differences(mid, old):
        places = [[at.get(line) for line in entry] for entry in entries(mid, first, last)]
        whole = [entry for entry in places if None not in entry]
        gone.update(line for line in itertools.chain(*whole) if not (careful and yaml_lines.section_name(new[line])))
        place = at.get(first) if places else at[first - 1] + 1 if first - 1 in at and not careful else None
        if len(whole) == len(places) and place is not None:
            back[place] = old[old_first:old_last]
    kept = []
    for index, line in enumerate([*new, ""]):
        kept += back.get(index, [])
        if index not in gone:
            kept.append(line)
    return join(kept, now)


def entries(lines: list[str], first: int, last: int) -> Iterator[list[int]]:
    """The lines from first to last, by property: a name and what is indented below it belong together."""
    entry: list[int] = []
    for index in range(first, last):
        if entry and indent(lines[index]) <= indent(lines[entry[0]]):
            yield entry
            entry = []
        entry.append(index)
    if entry:
        yield entry


def carry(file: str, before: str, template: str, now: str) -> str:
    """What `now` has more than the template, written into `before`."""
    new = split(now)
    ours = set(matches(split(template), new).values())
    top, default, rest, section = [], [], [], None
    for index, line in enumerate(new):
        section = yaml_lines.section_name(line) or section
        if index in ours:
            continue
        if section is None:
            top.append(line)
        elif section == "default" and line.startswith(" ") and line.strip():
            default.append(line.rstrip())
        else:
            rest.append(line)
    text = before
    if default:
        depth = min(map(indent, default))
        block = [line[depth:] for line in default]
        text = yaml_lines.insert(file, text, "default", block, yaml_lines.read(file, "\n".join(block)))
    return join([*trimmed(top), *split(text), *trimmed(rest)], now)


def without_comments(before: str, ours: str, now: str) -> str:
    new = split(now)
    gone = {line for line in only_ours(before, ours, now) if new[line].lstrip()[:1] in ("", "#")}
    return join([line for index, line in enumerate(new) if index not in gone], now)


def only_ours(before: str, ours: str, text: str) -> set[int]:
    """The indexes of lines of `text` that came by make install."""
    mid = split(ours)
    same = matches(mid, split(before))
    return {place for line, place in matches(mid, split(text)).items() if line not in same}


def matches(one: list[str], other: list[str]) -> dict[int, int]:
    """Index by index, the lines that both have; spaces at the end, and so the kind of newline, do not count."""
    pairs = matcher(one, other).get_matching_blocks()
    return {a + n: b + n for a, b, size in pairs for n in range(size)}


def differences(one: list[str], other: list[str]):
    return [step for step in matcher(one, other).get_opcodes() if step[0] != "equal"]


def matcher(one: list[str], other: list[str]) -> SequenceMatcher:
    return SequenceMatcher(None, *([line.rstrip() for line in lines] for lines in (one, other)), autojunk=False)


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def trimmed(lines: list[str]) -> list[str]:
    """Without empty lines at both ends."""
    text = [index for index, line in enumerate(lines) if line.strip()]
    return lines[text[0] : text[-1] + 1] if text else []


def split(text: str) -> list[str]:
    """Lines with their ends."""
    return list(io.StringIO(text, newline="\n"))


def join(lines: list[str], like: str) -> str:
    lines = [line for line in lines if line]
    end = yaml_lines.newline(like)
    return "".join(line if line.endswith("\n") else line + end for line in lines[:-1]) + "".join(lines[-1:])
