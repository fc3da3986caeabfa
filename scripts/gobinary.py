#!/usr/bin/env python3
"""What a Go program or plugin was built with: gobinary.py why FILE tells why that cannot be read."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

CONTRACT = "github.com/lf-edge/ekuiper/contract/v2"
PLUGIN = "ekuiper-websocket/cgo_bridge"  # the package that Websocket.so is built of


class Unreadable(Exception):
    """The text says what is wrong with the file."""


@dataclass
class Binary:
    path: str
    go: str
    contract: str  # version, empty if it does not use the contract
    package: str = ""  # what it was built of
    settings: dict[str, str] = field(default_factory=dict)  # the "build" lines of go version -m
    loader: str = ""  # program interpreter
    needed: list[str] = field(default_factory=list)
    glibc: str = ""  # the newest version of glibc that it imports something of

    @property
    def libc(self) -> str:
        names = [self.loader, *self.needed]
        if any("musl" in name for name in names):
            return "musl"
        if any("ld-linux" in name or name == "libc.so.6" for name in names):
            return "glibc"
        return "none"


def run(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return answer.stdout if answer.returncode == 0 else ""


def read(path: str) -> Binary:
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        raise Unreadable(f"{path}: there is no such file, or it cannot be read")
    lines = run("go", "version", "-m", path).splitlines()
    if len(lines) < 2:
        raise Unreadable(f"{path}: {why(path)}")
    binary = Binary(path, go=lines[0].rsplit(": ", 1)[1].split()[0], contract="")
    used = None
    for line in lines[1:]:
        kind, *rest = line.strip().split("\t")
        if kind == "build":
            key, _, value = rest[0].partition("=")
            binary.settings[key] = value.strip('"')
        elif kind == "path":
            binary.package = rest[0]
        elif kind == "dep":
            used = rest[0]
            if used == CONTRACT:
                binary.contract = rest[1]
        elif kind == "=>" and used == CONTRACT:
            binary.contract = f"{rest[0]} {rest[1]}".strip()
    read_elf(binary)
    return binary


def read_elf(binary: Binary) -> None:
    text = run("readelf", "--wide", "--program-headers", "--dynamic", "--version-info", binary.path)
    if found := re.search(r"program interpreter: (.*)\]", text):
        binary.loader = found[1]
    binary.needed = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    floors = [version(v) for v in re.findall(r"Name: GLIBC_([0-9.]+)", text.partition("Version needs section")[2])]
    binary.glibc = ".".join(map(str, max(floors, default=())))


def version(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in text.split("."))


def why(path: str) -> str:
    """Why there is no build information in an existing file."""
    with open(path, "rb") as file:
        content = file.read()
    if not content.startswith(b"\x7fELF"):
        return "it is no program of Linux (not an ELF file)"
    if b"UPX!" in content:
        return (
            "it is packed with UPX: its build information cannot be read, and a packed kuiperd cannot load plugins; "
            "unpack it with 'upx -d' or take the original"
        )
    return "it is not a Go binary, or its build information was removed"


if __name__ == "__main__":
    print(why(sys.argv[2]))
