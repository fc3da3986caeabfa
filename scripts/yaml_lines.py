"""Edits single lines of a YAML file, so that comments and everything else stay as they are.

Each edit is checked with a YAML parser: the file must mean what it meant, but for the change. A file whose form is too
much for an editor of lines (flow style, anchors) is refused that way, not damaged.
"""

import re

import yaml


class Refused(Exception):
    """The file cannot be read, or not be edited; the text says why."""


def read(file: str, text: str) -> dict:
    """The content, with all keys in lower case, which is how eKuiper reads its files. `file` is for messages."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused(f"{file} is no valid YAML: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Refused(f"{file} is no mapping of names to values")
    return lower(content)


def lower(value):
    if isinstance(value, dict):
        return {str(key).lower(): lower(inner) for key, inner in value.items()}
    return value


def section(content: dict, name: str) -> dict:
    value = content.get(name.lower())
    return value if isinstance(value, dict) else {}


def set_value(file: str, text: str, name: str, key: str, value) -> str:
    """Sets `key` in the section `name`, in its line if there is one."""
    lines, at = ensure_section(text, name)
    line = find(lines, at, key)
    if line is None:
        lines.insert(at + 1, f"{child_indent(lines, at)}{key}: {value}{newline(text)}")
    else:
        rest = r"(:[ \t]*)[^#\r\n]*?([ \t]+#.*)?(\r?\n)?$"
        lines[line] = re.sub(rest, rf"\g<1>{value}\g<2>\g<3>", lines[line], count=1)
    return checked(file, text, "".join(lines), name, {key: value})


def insert(file: str, text: str, name: str, block: list[str], values: dict) -> str:
    """Puts lines, which are to mean `values`, at the top of the section `name`; those of empty keys give way."""
    lines, at = ensure_section(text, name)
    for key in values:
        line = find(lines, at, key)
        if line is not None:
            del lines[line]
    indent = child_indent(lines, at)
    lines[at + 1 : at + 1] = [f"{indent}{line}{newline(text)}" for line in block]
    return checked(file, text, "".join(lines), name, values)


def remove(text: str, first: str, last: str) -> str:
    """Takes out the lines from the one that says `first` to the one that says `last`."""
    return re.sub(rf"(?ms)^[ \t]*{re.escape(first)}.*?^[ \t]*{re.escape(last)}[^\n]*(?:\n|\Z)", "", text)


def dump(values: dict) -> list[str]:
    """Lines of YAML."""
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=False, allow_unicode=True).splitlines()


def newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def ensure_section(text: str, name: str) -> tuple[list[str], int]:
    """The file's lines and the index of the section's first one, which is made at the end if there is none."""
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if re.match(rf"(['\"]?){re.escape(name)}\1[ \t]*:", line, re.IGNORECASE):
            return lines, index
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline(text)
    lines.append(f"{name}:{newline(text)}")
    return lines, len(lines) - 1


def section_name(line: str) -> str | None:
    """Of a line that begins a section, its name in lower case."""
    found = re.match(r"(['\"]?)([^\s#'\"-][^:]*?)\1[ \t]*:(?:\s|$)", line)
    return found[2].lower() if found else None


def line_of(text: str, path: tuple[str, ...]) -> int:
    """The index of the line with that name, or with as much of the path as there is."""
    node, line = yaml.compose(text, Loader=yaml.SafeLoader), 0
    for name in path:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value.lower() == name:
                node, line = value, key.start_mark.line
                break
        else:
            break
    return line


def doubled(text: str) -> bool:
    """Whether a name is there twice: eKuiper does not read such a file, Python's parser takes the last one."""

    def twice(node) -> bool:
        if not isinstance(node, yaml.MappingNode):
            return False
        names = [str(key.value).lower() for key, _ in node.value]
        return len(set(names)) < len(names) or any(twice(value) for _, value in node.value)

    return twice(yaml.compose(text, Loader=yaml.SafeLoader))


def children(lines: list[str], at: int):
    """(index, indent) of the lines with content in the section that begins at `at`."""
    for index in range(at + 1, len(lines)):
        line = lines[index]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0:
            return
        yield index, indent


def child_indent(lines: list[str], at: int) -> str:
    return " " * next((indent for _, indent in children(lines, at)), 2)


def find(lines: list[str], at: int, key: str):
    """The index of the key's line among the direct children, or None."""
    indent = len(child_indent(lines, at))
    for index, deep in children(lines, at):
        if deep == indent and re.match(rf" *(['\"]?){re.escape(key)}\1[ \t]*:", lines[index], re.IGNORECASE):
            return index
    return None


def checked(file: str, before: str, after: str, name: str, values: dict) -> str:
    expected = read(file, before)
    expected[name.lower()] = {**section(expected, name), **lower(values)}
    if read_or_none(after) != expected:
        keys = ", ".join(values)
        raise Refused(f"{file}: section `{name}` has a form that cannot be edited by lines; set {keys} there by hand")
    return after


def read_or_none(text: str):
    try:
        return read("", text)
    except Refused:
        return None
