#!/usr/bin/env python3
"""Include directions inside plugin/src: abi -> core -> {net, data, config} -> base.

check-includes.py ROOT [folder of the core, default plugin/src]
"""
import pathlib
import re
import sys

# A room may include itself, the rooms named here, and the C ABI header.
ALLOWED = {
    "abi": {"core", "net", "data", "config", "base"},
    "core": {"net", "data", "config", "base"},
    "net": {"base"},
    "data": {"base"},
    "config": {"base"},
    "base": set(),
}
# Headers that only one room may see.
ONLY_IN = [(re.compile(r"(websocketpp|asio)(/|\.hpp)"), "net")]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def faults(source, room):
    for number, line in enumerate(source.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, header = match.groups()
        for pattern, owner in ONLY_IN:
            if pattern.match(header) and room != owner:
                yield number, f"{header} is for {owner}/ only"
        if quote == "<" or header.startswith("ekws/"):
            continue
        target = header.split("/")[0]
        if "/" not in header:
            yield number, f'write "{room}/{header}": the room has to be seen'
        elif target not in ALLOWED:
            yield number, f"{header} is in no room that is known ({', '.join(ALLOWED)})"
        elif target != room and target not in ALLOWED[room]:
            yield number, f"{room}/ must not include {header}"


def main():
    root = pathlib.Path(sys.argv[1])
    core = root / (sys.argv[2] if len(sys.argv) > 2 else "plugin/src")
    sources = sorted(p for p in core.rglob("*") if p.suffix in {".h", ".cpp", ".c"})
    if not sources:
        sys.exit(f"no source below {core}")
    bad = 0
    for source in sources:
        where = source.relative_to(root)
        room = source.relative_to(core).parts[0]
        if room not in ALLOWED:
            print(f"{where}: {room}/ is no room that is known ({', '.join(ALLOWED)})")
            bad += 1
            continue
        for number, text in faults(source, room):
            print(f"{where}:{number}: {text}")
            bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
