"""Takes what make install wrote out of a YAML file that others have edited since: their edits stay, ours go.

Always three texts: `before` the installation, `ours` as make install left it, and `now`. What the file has to mean in
the end follows from the three; an edit of lines (merge_lines) that makes it mean something else is not taken. Then only
comments of ours go, and what stays is named by its lines.
"""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import yaml_lines
from merge_lines import carry, only_ours, split, undo, without_comments

DEPTH = 2  # a section and a property in it; what is below belongs to the property


class Gone:
    """In place of a value that is not there."""


GONE = Gone()


@dataclass
class Separated:
    text: str
    edited: list[str]  # for people: values of ours that others have changed, and where
    stuck: list[str]  # for people: what of ours is still there, where and why


def separate(file: str, before: str, ours: str, now: str, template: str | None) -> Separated:
    """template: `ours` but for its lines in `default`, where ours took the place of the whole file, which said nothing."""
    meanings = [yaml_lines.read(file, text) for text in (before, ours, now)]
    wanted = merged(*meanings)
    for text in tries(file, before, ours, now, template):
        if bare(yaml_lines.read_or_none(text)) == bare(wanted) and not yaml_lines.doubled(text):
            return Separated(text, changed(file, *meanings, text), [])
    text = without_comments(before, ours, now)
    return Separated(text, changed(file, *meanings, text), stays(file, before, ours, text, wanted))


def tries(file: str, before: str, ours: str, now: str, template: str | None) -> Iterator[str]:
    if template is None:
        yield undo(before, ours, now)
        yield undo(before, ours, now, careful=True)
        return
    plain = undo(template, ours, now)
    with contextlib.suppress(yaml_lines.Refused):
        yield carry(file, before, template, plain)
    yield without_comments(before, ours, plain)


def merged(before, ours, now, depth: int = DEPTH):
    """What the file has to mean: each property that was not edited since is again as before."""
    if depth and isinstance(now, dict) and all(isinstance(v, (dict, type(None), Gone)) for v in (before, ours)):
        names = dict.fromkeys([*now, *(before if isinstance(before, dict) else ())])
        found = {name: merged(*(get(value, name) for value in (before, ours, now)), depth - 1) for name in names}
        return {name: value for name, value in found.items() if value is not GONE}
    return before if now == ours else now


def changed(file: str, before, ours, now, text: str) -> list[str]:
    """Values that make install wrote and that have been edited since."""
    told = []
    for path in paths(ours):
        old, mid, new = (bare(dig(value, path)) for value in (before, ours, now))
        if mid not in (GONE, old, new) and new not in (GONE, old):
            told.append(f"{where(file, text, path)} was changed since it was installed, so it stays; {was(old)}")
    return told


def stays(file: str, before: str, ours: str, text: str, wanted) -> list[str]:
    why = "since the file has a form that cannot be edited by lines"
    told = []
    if lines := sorted(only_ours(before, ours, text)):
        told.append(f"{file}: {numbers(lines)} of make install stay, {why}")
    means = yaml_lines.read(file, text)
    for path in paths(means):
        if bare(dig(means, path)) != bare(dig(wanted, path)):
            value = bare(dig(wanted, path))
            hand = "take it out by hand" if value is GONE else f"set it to {value} by hand, as it was"
            told.append(f"{where(file, text, path)} stays, {why}; {hand}")
    return list(dict.fromkeys(told))  # several may stand in one line


def where(file: str, text: str, path: tuple[str, ...]) -> str:
    line = yaml_lines.line_of(text, path)
    return f"{file}, line {line + 1}, `{split(text)[line].strip()}`"


def was(value) -> str:
    return "there was none before" if value is GONE else f"before it was {value}"


def numbers(lines: list[int]) -> str:
    runs = []
    for _, run in itertools.groupby(enumerate(lines), lambda pair: pair[1] - pair[0]):
        first, *_, last = [line for _, line in run] * 2
        runs.append(f"{first + 1}" if first == last else f"{first + 1}-{last + 1}")
    return ("line " if len(lines) == 1 else "lines ") + ", ".join(runs)


def paths(value, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """To each property."""
    if len(above) < DEPTH and isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from paths(inner, (*above, name))
    elif above:
        yield above


def dig(value, path: tuple[str, ...]):
    for name in path:
        value = get(value, name)
    return value


def get(value, name: str):
    return value.get(name, GONE) if isinstance(value, dict) else GONE


def bare(value):
    """Without what is empty, which counts as left out."""
    if isinstance(value, dict):
        inner = {name: bare(value) for name, value in value.items()}
        value = {name: value for name, value in inner.items() if value is not GONE}
    return GONE if value in (None, "", {}) else value
