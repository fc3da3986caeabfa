"""The eKuiper that make install works on: which files are concerned, and how they are without the plugin."""

import dataclasses
import os
from dataclasses import dataclass

import port
import receipt as receipts
import yaml_lines
from folders import File, Tree
from layout import Layout
from receipt import Entry, Receipt
from separate import separate
from service import Systemd
from vault import Vault

BACKUPS = "websocket-install"
SO, JSON, GROUPS, KUIPER = "Websocket.so", "websocket.json", port.GROUPS, port.KUIPER


@dataclass
class Site:
    """The eKuiper that is installed into, and what was done there before."""

    where: Layout
    systemd: Systemd
    tree: Tree
    receipt: Receipt

    def __str__(self) -> str:
        return f"eKuiper at {self.where.root}" + (", of a package" if self.where.package else "")


def open_site(where: Layout, systemd_folder: str) -> Site:
    systemd = Systemd(where, systemd_folder)
    tree = Tree([*where.homes, systemd.folders[0]])

    def ours(path: str) -> bool:
        plugins = [os.path.join(where.plugins, name) for name in (SO, SO.lower())]
        return path in plugins or path in named(where).values() or systemd.is_drop_in(path)

    vault = Vault(tree, os.path.join(where.etc, BACKUPS))
    return Site(where, systemd, tree, receipts.open_receipt(where.root, vault, ours))


def named(where: Layout) -> dict[str, str]:
    sources = os.path.join(where.etc, "sources")
    found = {SO: where.so, KUIPER: os.path.join(where.etc, KUIPER)}
    return found | {name: os.path.join(sources, name) for name in (JSON, GROUPS)}


def paths(site: Site) -> dict[str, str]:
    found = named(site.where)
    # Drop-ins of an earlier installation.
    return found | {path: path for path in site.receipt.files if path not in found.values()}


@dataclass
class Plain:
    """The files as they are without what make install wrote."""

    files: dict[str, File | None]  # by path
    edited: list[str] = dataclasses.field(default_factory=list)  # for people: see separate.Separated
    stuck: list[str] = dataclasses.field(default_factory=list)


def without_plugin(site: Site, files: dict[str, str]) -> Plain:
    plain = Plain({})
    for name, path in files.items():
        current, entry = site.tree.read(path), site.receipt.files.get(path)
        if entry is None:
            plain.files[path] = current
        elif current is None or not entry.edited(current.content):
            plain.files[path] = entry.before
        else:
            texts = [decode(text) for text in (entry.before.content if entry.before else b"", entry.ours, current.content)]
            found = separate(name, *texts, template(entry) if name == GROUPS else None)
            plain.edited += found.edited
            plain.stuck += found.stuck
            empty = not found.text and entry.before is None
            plain.files[path] = None if empty else dataclasses.replace(current, content=encode(found.text))
    return plain


def template(entry: Entry) -> str | None:
    """Our websocket.yaml without lines of this installation; None where the file that was there had its own content."""
    if entry.ours is None or not says_nothing(entry.before.content if entry.before else b""):
        return None
    return port.without_address(decode(entry.ours))


def says_nothing(groups: bytes) -> bool:
    """Whether a websocket.yaml is like the one that eKuiper ships: no group but an empty default."""
    content = yaml_lines.read(GROUPS, decode(groups))
    rest = {name: value for name, value in content.items() if name != "default"}
    return not rest and not any(yaml_lines.section(content, "default").values())


def decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
