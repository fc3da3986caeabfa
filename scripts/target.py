"""The eKuiper that make install works on: which files are concerned, and how they are without the plugin."""

import dataclasses
import os
from dataclasses import dataclass

import port
import receipt as receipts
import yaml_lines
from folders import File, Tree
from layout import Layout
from receipt import Receipt
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


def without_plugin(site: Site, files: dict[str, str]) -> dict[str, File | None]:
    """By path: the file without what make install wrote."""
    plain, receipt = {}, site.receipt
    for name, path in files.items():
        current = site.tree.read(path)
        touched = current and receipt.touched_by_others(path, current.content)
        if path not in receipt.files:
            plain[path] = current
        elif name == KUIPER and touched:
            text = port.take_back(decode(current.content), receipt.moved_from, receipt.data_port)
            plain[path] = edited(current, text)
        elif name == GROUPS and touched:
            plain[path] = edited(current, yaml_lines.remove(decode(current.content), port.BEGIN, port.END))
        else:
            plain[path] = receipt.before(path)
    return plain


def edited(file: File, text: str) -> File:
    return dataclasses.replace(file, content=encode(text))


def decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
