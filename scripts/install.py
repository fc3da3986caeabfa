#!/usr/bin/python3
"""Puts the plugin into an eKuiper, or takes it out again: install.py kuiperd | install | uninstall --kuiper FOLDER …

Run by the system's own Python, to which the package python3-yaml belongs.

Both ways go through the same state, the files as they were without the plugin: what is there now, with what an earlier
installation wrote taken back. So installing again is an upgrade, and uninstalling writes that state.
"""

import argparse
import contextlib
import os
import sys

import folders
import layout
import port
import receipt as receipts
import target
import yaml_lines
from plan import Stop, content, with_plugin
from receipt import Receipt
from target import GROUPS, KUIPER, SO, Site


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["kuiperd", "install", "uninstall"])
    parser.add_argument("--kuiper", required=True)
    parser.add_argument("--so", help="the plugin that was built for this host")
    parser.add_argument("--config", help="the folder with websocket.json and websocket.yaml")
    parser.add_argument("--yes", default="", help="1, y or yes: do not ask")
    parser.add_argument("--port-by", default="")
    parser.add_argument("--service", default="")
    parser.add_argument("--data-port", default="", help="for eKuiper's own data server")
    parser.add_argument("--systemd-dir", default="")
    return parser.parse_args()


def show(site: Site, files: dict[str, str], wanted: dict[str, bytes | None], word: str) -> list[str]:
    """Prints what is to change and returns those paths."""
    changed = []
    for path, after in wanted.items():
        current = site.tree.load(path)
        if current == after:
            print(f"  stays     {path}")
            continue
        changed.append(path)
        verb = "removes" if after is None else "writes" if current is None else word
        print(f"  {verb:8}  {path}")
        if site.receipt.touched_by_others(path, current):
            aside = site.receipt.vault.file(receipts.aside(path))
            stays = "the edits stay" if edited(files, path) else f"that version goes to {aside}"
            print(f"            it was changed since it was installed; {stays}")
    return changed


def edited(files: dict[str, str], path: str) -> bool:
    """Whether single lines of the file are ours, so that it may be changed beside them."""
    return path in (files[KUIPER], files[GROUPS])


def apply(site: Site, files: dict[str, str], changed: list[str], wanted: dict[str, bytes | None]) -> None:
    for path in changed:
        current = site.tree.read(path)
        if not edited(files, path) and current and site.receipt.touched_by_others(path, current.content):
            site.receipt.vault.write(receipts.aside(path), current)
        site.tree.store(path, wanted[path], like=site.receipt.before(path))
        if wanted[path] is None and site.systemd.is_drop_in(path):
            site.tree.remove_empty(os.path.dirname(path))


def check_writable(site: Site, changed: list[str]) -> None:
    for folder in [site.where.etc, *(os.path.dirname(os.path.realpath(path)) for path in changed)]:
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if not os.access(folder, os.W_OK):
            raise Stop(f"{folder} must not be written to by this user; run this as its owner or root")


def ask(args) -> None:
    if yes(args.yes):
        return
    print("\nGo on? [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()
    if not yes(answer):
        raise Stop("nothing was changed (YES=1 answers yes)")


def yes(answer: str) -> bool:
    return answer.strip().lower() in ("1", "y", "yes")


def install(args, site: Site) -> None:
    files = target.paths(site)
    plain = target.without_plugin(site, files)
    if plain.stuck:
        raise Stop("what an earlier installation wrote cannot be taken back, so there is no upgrade:" + listed(plain.stuck))
    plan = with_plugin(args, site, files, plain.files)
    different = [path for path, wanted in plan.wanted.items() if site.tree.load(path) != wanted]
    another_build = different == [files[SO]] and is_ours(site, files[SO])
    if not different:
        print(f"{site}: the plugin is installed, everything is in place")
    elif another_build:
        print(f"{site}: the plugin is installed, everything is in place, but this is another build of it")
    else:
        print(site)
    changed = show(site, files, plan.wanted, "replaces")
    port_changes = {files[KUIPER], files[GROUPS], *filter(site.systemd.is_drop_in, plan.wanted)} & set(changed)
    for line in plan.told + (plan.settled.story if port_changes else plan.settled.state):
        print(f"  {line}")
    if not different:
        print("\nnothing to do")
        return
    check_writable(site, changed)
    if not another_build:
        ask(args)
    vault = site.receipt.vault
    new = Receipt(site.where.root, vault, data_port=plan.settled.data_port)
    receipts.keep(new, plan.before, plan.wanted, plan.ours)
    with unfinished():
        apply(site, files, changed, plan.wanted)
    print(f"\ninstalled; what was there before is in {vault.path}")
    restart(site, [*site.receipt.files, *new.files])


def is_ours(site: Site, path: str) -> bool:
    """Whether the file is the one that make install put there."""
    current = site.tree.load(path)
    return path in site.receipt.files and bool(current) and not site.receipt.touched_by_others(path, current)


def uninstall(args, site: Site) -> None:
    receipt = site.receipt
    if not receipt.exists:
        raise Stop(f"make install has not been used on this eKuiper: there is no {receipt.vault.file(receipts.NAME)}")
    files = target.paths(site)
    found = target.without_plugin(site, files)
    plain = {path: content(file) for path, file in found.files.items() if path in receipt.files}
    print(site)
    changed = show(site, files, plain, "restores")
    if left := found.edited + found.stuck:
        print(f"Not as it was before the installation:{listed(left)}")
    check_writable(site, changed)
    ask(args)
    with unfinished():
        apply(site, files, changed, plain)
    receipts.discard(receipt)
    print("\nuninstalled" + (", but for the lines that are named above" if left else ""))
    restart(site, list(receipt.files))


def listed(lines: list[str]) -> str:
    return "".join(f"\n  {line}" for line in lines)


@contextlib.contextmanager
def unfinished():
    """A disk that is full, say, after some files have been written."""
    try:
        yield
    except folders.Refused as error:
        raise Stop(f"{error}; what was done before that stays, try again or make uninstall") from None


def restart(site: Site, paths: list[str]) -> None:
    """paths: what is, or was, of the plugin; systemd has to be told of a drop-in that is gone as well."""
    folders_of_units = [os.path.basename(os.path.dirname(path)) for path in paths if site.systemd.is_drop_in(path)]
    units = sorted({name.removesuffix(".d") for name in folders_of_units})
    if units:
        print(f"for it to take effect: systemctl daemon-reload && systemctl restart {' '.join(units)}")
    else:
        print("for it to take effect, restart eKuiper")


def main() -> int:
    args = arguments()
    try:
        if not args.kuiper:
            raise Stop("name the eKuiper: KUIPER=/path/to/ekuiper, or KUIPER=/etc/kuiper for one from a package")
        where = layout.find(args.kuiper)
        if args.command == "kuiperd":
            print(where.kuiperd)
        else:
            command = {"install": install, "uninstall": uninstall}[args.command]
            command(args, target.open_site(where, args.systemd_dir))
    except (Stop, folders.Refused, layout.Unknown, port.Undecided, yaml_lines.Refused) as error:
        # Whose program is asked for is the first step of an installation.
        print(f"{args.command.replace('kuiperd', 'install')}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
