#!/usr/bin/python3
"""Puts the plugin into an eKuiper, or takes it out again: install.py kuiperd | install | uninstall --kuiper FOLDER …

Run by the system's own Python, to which the package python3-yaml belongs.

Both ways go through the same state, the files as they were without the plugin: what is there now, with what an earlier
installation wrote taken back. So installing again is an upgrade, and uninstalling writes that state.
"""

import argparse
import os
import sys

import layout
import port
import receipt as receipts
import yaml_lines
from layout import Layout
from receipt import Receipt, load, store
from service import Systemd

SO, JSON, GROUPS, KUIPER = "Websocket.so", "websocket.json", port.GROUPS, port.KUIPER


class Stop(Exception):
    """Nothing was changed; the text says why."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["kuiperd", "install", "uninstall"])
    parser.add_argument("--kuiper", required=True)
    parser.add_argument("--so", help="the plugin that was built for this host")
    parser.add_argument("--config", help="the folder with websocket.json and websocket.yaml")
    parser.add_argument("--yes", default="", help="anything: do not ask")
    parser.add_argument("--port-by", default="")
    parser.add_argument("--service", default="")
    parser.add_argument("--data-port", default="", help="for eKuiper's own data server")
    parser.add_argument("--systemd-dir", default="")
    return parser.parse_args()


def paths(where: Layout, receipt: Receipt) -> dict[str, str]:
    sources = os.path.join(where.etc, "sources")
    found = {SO: where.so, KUIPER: os.path.join(where.etc, KUIPER)}
    found |= {name: os.path.join(sources, name) for name in (JSON, GROUPS)}
    # Drop-ins of an earlier installation.
    return found | {path: path for path in receipt.files if path not in found.values()}


def without_plugin(files: dict[str, str], receipt: Receipt) -> dict[str, bytes | None]:
    """By path: the content without what make install wrote."""
    plain = {}
    for name, path in files.items():
        current = load(path)
        if path not in receipt.files:
            plain[path] = current
        elif name == KUIPER and receipt.touched_by_others(path, current):
            plain[path] = encode(port.take_back(decode(current), receipt.moved_from, receipt.data_port))
        elif name == GROUPS and receipt.touched_by_others(path, current):
            plain[path] = encode(yaml_lines.remove(decode(current), port.BEGIN, port.END))
        else:
            plain[path] = receipt.before(path)
    return plain


def with_plugin(args, where: Layout, files: dict[str, str], plain: dict, receipt: Receipt):
    """By path: the content with the plugin; and what to tell."""
    wanted = dict(plain)
    wanted[files[SO]] = must_load(args.so)
    wanted[files[JSON]] = must_load(os.path.join(args.config, JSON))
    groups, story = plain[files[GROUPS]], []
    if says_nothing(groups):
        groups = must_load(os.path.join(args.config, GROUPS))
    else:
        story.append("your websocket.yaml has groups or values of its own: it stays, ours would add only comments")
    systemd = Systemd(where, args.systemd_dir)
    texts = port.Files(kuiper=decode(plain[files[KUIPER]]), group=decode(groups))
    choice = port.Choice(args.port_by, args.service, data_port(args.data_port))
    settled = port.settle(texts, choice, systemd, receipt.data_port)
    wanted[files[KUIPER]], wanted[files[GROUPS]] = encode(texts.kuiper), encode(texts.group)
    if texts.drop_in:
        path, text = texts.drop_in
        plain.setdefault(path, load(path))
        wanted[path] = encode(text)
    return wanted, story + settled.story, settled


def says_nothing(groups: bytes | None) -> bool:
    """Whether a websocket.yaml is like the one that eKuiper ships: no group but an empty default."""
    content = yaml_lines.read(GROUPS, decode(groups or b""))
    rest = {name: value for name, value in content.items() if name != "default"}
    return not rest and not any(yaml_lines.section(content, "default").values())


def data_port(text: str) -> int | None:
    if text and not text.isdecimal():
        raise Stop(f"DATA_PORT={text} is not allowed; it is a port from 1 to 65535")
    return int(text) if text else None


def show(files: dict[str, str], wanted: dict, receipt: Receipt, word: str) -> list[str]:
    """Prints what is to change and returns those paths."""
    changed = [path for path, content in wanted.items() if load(path) != content]
    for path, content in wanted.items():
        current = load(path)
        if path not in changed:
            print(f"  stays     {path}")
        elif content is None:
            print(f"  removes   {path}")
        else:
            print(f"  {'writes' if current is None else word:8}  {path}")
        if path in changed and receipt.touched_by_others(path, current):
            print("            it was changed since it was installed; " + (
                "that stays" if edited(files, path) else f"that version goes to {receipts.aside(receipt, path)}"))
    return changed


def edited(files: dict[str, str], path: str) -> bool:
    """Whether single lines of the file are ours, so that it may be changed beside them."""
    return path in (files[KUIPER], files[GROUPS])


def apply(files: dict[str, str], receipt: Receipt, changed: list[str], wanted: dict) -> None:
    for path in changed:
        if not edited(files, path) and receipt.touched_by_others(path, load(path)):
            receipts.set_aside(receipt, path)
        store(path, wanted[path])
        if wanted[path] is None and path.endswith(".conf"):
            receipts.remove_empty(os.path.dirname(path))


def check_writable(where: Layout, changed: list[str]) -> None:
    for folder in [where.etc, *(os.path.dirname(os.path.realpath(path)) for path in changed)]:
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if not os.access(folder, os.W_OK):
            raise Stop(f"{folder} must not be written to by this user; run this as its owner or root")


def ask(args) -> None:
    if args.yes:
        return
    print("\nGo on? [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()
    if answer.strip().lower() not in ("y", "yes"):
        raise Stop("nothing was changed (YES=1 answers yes)")


def install(args, where: Layout) -> None:
    receipt = receipts.open_receipt(where)
    files = paths(where, receipt)
    plain = without_plugin(files, receipt)
    wanted, story, settled = with_plugin(args, where, files, plain, receipt)
    print(f"eKuiper at {where.root}" + (", of a package" if where.package else ""))
    changed = show(files, wanted, receipt, "replaces")
    for line in story:
        print(f"  {line}")
    if not changed:
        print("\nall of this is there already; nothing to do")
        return
    check_writable(where, changed)
    ask(args)
    new = Receipt(receipt.root, receipt.folder, data_port=settled.data_port, moved_from=settled.moved_from)
    receipts.keep(new, plain, wanted)
    apply(files, receipt, changed, wanted)
    print(f"\ninstalled; what was there before is in {receipt.folder}")
    restart(new, where)


def uninstall(args, where: Layout) -> None:
    receipt = receipts.open_receipt(where)
    if not receipt.exists:
        raise Stop(f"make install has not been used on this eKuiper: there is no {receipt.folder}/receipt.json")
    files = paths(where, receipt)
    plain = {path: content for path, content in without_plugin(files, receipt).items() if path in receipt.files}
    print(f"eKuiper at {where.root}" + (", of a package" if where.package else ""))
    changed = show(files, plain, receipt, "restores")
    check_writable(where, changed)
    ask(args)
    apply(files, receipt, changed, plain)
    receipts.discard(receipt)
    print("\nuninstalled")
    restart(receipt, where)


def restart(receipt: Receipt, where: Layout) -> None:
    units = [os.path.basename(os.path.dirname(path))[: -len(".d")] for path in receipt.files if path.endswith(".conf")]
    if units:
        print(f"for it to take effect: systemctl daemon-reload && systemctl restart {units[0]}")
    else:
        print("for it to take effect, restart eKuiper")


def decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def must_load(path: str) -> bytes:
    content = load(path)
    if content is None:
        raise Stop(f"there is no {path}")
    return content


def main() -> int:
    args = arguments()
    try:
        if not args.kuiper:
            raise Stop("name the eKuiper: KUIPER=/path/to/ekuiper, or KUIPER=/etc/kuiper for one from a package")
        where = layout.find(args.kuiper)
        if args.command == "kuiperd":
            print(where.kuiperd)
        else:
            {"install": install, "uninstall": uninstall}[args.command](args, where)
    except (Stop, layout.Unknown, port.Undecided, yaml_lines.Refused) as error:
        print(f"{args.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
