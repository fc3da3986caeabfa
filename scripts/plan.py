"""What make install is going to make of the files of an eKuiper."""

import os
from dataclasses import dataclass

import port
import target
import yaml_lines
from folders import File
from separate import separate
from target import GROUPS, JSON, KUIPER, SO, Site, decode, encode


class Stop(Exception):
    """Nothing is changed; the text says why."""


@dataclass
class Plan:
    """What the files are to be."""

    wanted: dict[str, bytes | None]  # by path
    before: dict[str, File | None]  # what uninstalling brings back
    ours: dict[str, bytes]  # of files in which only some lines are ours: without anybody's edits
    told: list[str]  # of websocket.yaml
    settled: port.Settled


def with_plugin(args, site: Site, files: dict[str, str], plain: dict[str, File | None]) -> Plan:
    before = dict(plain)
    wanted = {path: content(file) for path, file in plain.items()}
    wanted[files[SO]] = must_load(args.so)
    wanted[files[JSON]] = must_load(os.path.join(args.config, JSON))
    groups, told = base_of_groups(args, site, files[GROUPS], plain[files[GROUPS]])
    before[files[GROUPS]] = groups.before
    texts = port.Files(kuiper=decode(wanted[files[KUIPER]]), group=groups.text)
    choice = port.Choice(args.port_by, args.service, data_port(args.data_port))
    settled = port.settle(texts, choice, site.systemd, site.receipt.data_port)
    wanted[files[KUIPER]] = encode(texts.kuiper)
    wanted[files[GROUPS]] = as_it_stands(site.tree.load(files[GROUPS]), encode(texts.group))
    ours = {files[KUIPER]: wanted[files[KUIPER]], files[GROUPS]: encode(port.with_address(groups.ours, settled.address))}
    if texts.drop_in:
        path, text = texts.drop_in
        if path not in before:
            before[path] = site.tree.read(path)
        wanted[path] = encode(text)
    return Plan(wanted, before, ours, told, settled)


@dataclass
class Groups:
    text: str  # websocket.yaml but for the server's address
    ours: str  # the same without anybody's edits
    before: File | None  # what uninstalling brings back


def base_of_groups(args, site: Site, path: str, plain: File | None) -> tuple[Groups, list[str]]:
    current, entry = site.tree.load(path), site.receipt.files.get(path)
    if entry and current and entry.edited(current) and (template := target.template(entry)) is not None:
        # Ours, with edits: with what make install added to it taken out, as for the way back.
        text = separate(GROUPS, template, decode(entry.ours), decode(current), None).text
        return Groups(text, template, entry.before), ["your edits of websocket.yaml stay"]
    if target.says_nothing(content(plain) or b""):
        shipped = decode(must_load(os.path.join(args.config, GROUPS)))
        return Groups(shipped, shipped, plain), []
    own = decode(plain.content)
    told = "your websocket.yaml has groups or values of its own: they stay, ours would add only comments"
    return Groups(own, own, plain), [told]


def as_it_stands(current: bytes | None, wanted: bytes) -> bytes:
    """A file with the very lines that are wanted stays: somebody has written something above ours."""
    if current and sorted(current.splitlines()) == sorted(wanted.splitlines()):
        if yaml_lines.read(GROUPS, decode(current)) == yaml_lines.read(GROUPS, decode(wanted)):
            return current
    return wanted


def data_port(text: str) -> int | None:
    if text and not text.isdecimal():
        raise Stop(f"DATA_PORT={text} is not allowed; it is a port from 1 to 65535")
    return int(text) if text else None


def content(file: File | None) -> bytes | None:
    return file.content if file else None


def must_load(path: str) -> bytes:
    """What is installed, from our own tree."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}") from None
