#!/usr/bin/env python3
"""Compares, line by line, what a kuiperd and a Websocket.so were built with, and says whether that loads.

Which difference Go's loader refuses was tried with real programs; tests/e2e/doctor_test.go does so again.
"""

import argparse
import os
import shlex
import signal
import sys

import gobinary
import layout
from gobinary import Binary

SAME, REFUSED, RISKY = "same", "DIFFERENT", "differs"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kuiper", default="", help="an eKuiper: its kuiperd and the plugin installed there")
    parser.add_argument("--host", default="", help="a kuiperd")
    parser.add_argument("--plugin", default="", help="a Websocket.so")
    parser.add_argument("--built", required=True, help="the Websocket.so to take where none is installed")
    parser.add_argument("--glibc", default="", help="version of glibc where the host runs, if not on this machine")
    return parser.parse_args()


def rows(host: Binary, plugin: Binary, glibc: str):
    """Each row: verdict, what is compared, the host's, the plugin's."""

    def row(name: str, of_host: str, of_plugin: str, otherwise: str = REFUSED):
        return (SAME if of_host == of_plugin else otherwise, name, of_host, of_plugin)

    def setting(name: str, default: str = "", otherwise: str = REFUSED):
        return row(name, host.settings.get(name, default), plugin.settings.get(name, default), otherwise)

    yield row("Go", host.go, plugin.go)
    yield row("contract", host.contract, plugin.contract)
    yield setting("-trimpath", "false")
    # Each chooses files and instructions of the standard library; what the loader compares mostly stays the same.
    yield setting("-tags", otherwise=RISKY)
    for sanitizer in ("-race", "-msan", "-asan"):
        yield setting(sanitizer, "false")
    # Flags for all packages or the standard library change what both share; for the program alone they do not.
    shared = any("=" in b.settings.get(name, "") for b in (host, plugin) for name in ("-gcflags", "-asmflags"))
    for flags in ("-gcflags", "-asmflags"):
        yield setting(flags, otherwise=REFUSED if shared else RISKY)
    yield setting("GOEXPERIMENT")
    yield setting("GOFIPS140", otherwise=RISKY)
    yield setting("GOOS")
    yield setting("GOARCH")
    for level in ("GOAMD64", "GOARM64", "GOARM"):
        if level in host.settings or level in plugin.settings:
            yield setting(level, otherwise=RISKY)
    yield setting("CGO_ENABLED")
    yield row("libc", host.libc, plugin.libc)
    if plugin.libc == "glibc" and plugin.glibc:
        enough = not glibc or gobinary.version(glibc) >= gobinary.version(plugin.glibc)
        yield (SAME if enough else REFUSED, "glibc", glibc or "unknown", f"{plugin.glibc} or later")


def machine_glibc() -> str:
    """Empty on a machine without glibc."""
    name, _, version = gobinary.run("getconf", "GNU_LIBC_VERSION").strip().partition(" ")
    return version if name == "glibc" else ""


def advice(host: Binary, refused: list[str], rebuild: str) -> str:
    """What to do; the host's own faults come first, since no plugin can be built for them."""
    if not host.contract:
        return "This is no eKuiper 2.x: it does not use the contract of its plugins."
    if host.settings.get("CGO_ENABLED") != "1":
        return "This kuiperd was built without cgo: it cannot load any plugin. Take another build of eKuiper."
    if host.settings.get("-trimpath") != "true":
        return (
            "This kuiperd was built without -trimpath, so only a plugin built in the very same folders would load. "
            "Rebuild it with -trimpath, or take a released one."
        )
    if host.libc == "musl":
        return (
            "This kuiperd runs on musl, as Alpine's do, and this plugin is not supported there (docs/install.md). Take a "
            "kuiperd for glibc: of the images -slim, -slim-python or -full, or of eKuiper's package for Debian."
        )
    if "libc" in refused:
        return f"This kuiperd runs on {host.libc}. Build the plugin on the host's own distribution: {rebuild}"
    if refused == ["glibc"]:
        return f"The glibc of the host's machine is too old. Build the plugin on the host's own distribution: {rebuild}"
    return f"Build the plugin for this host: {rebuild}"


def stranger(plugin: Binary, rebuild: str) -> str:
    """What it is, if not our plugin; else empty."""
    if plugin.package == gobinary.PLUGIN:
        return ""
    kind = "Go plugin" if plugin.settings.get("-buildmode") == "plugin" else "Go program"
    return (
        f"This is not the websocket plugin but another {kind}: {plugin.package or 'of unknown origin'}, built with "
        f"{plugin.go}. To have the websocket plugin: {rebuild}"
    )


def main() -> int:
    args = arguments()
    try:
        if args.kuiper:
            where = layout.find(args.kuiper)
            host, installed, rebuild = where.kuiperd, where.so, f"make install KUIPER={shlex.quote(args.kuiper)}"
        elif args.host:
            host, installed, rebuild = args.host, "", f"make plugin HOST={shlex.quote(args.host)}"
        else:
            print("doctor: name the host, KUIPER=/path/to/ekuiper or HOST=/path/to/kuiperd", file=sys.stderr)
            return 2
        plugin = args.plugin or (installed if os.path.exists(installed) else args.built)
        absent = installed if plugin == args.built and args.kuiper else ""
        host, plugin = gobinary.read(host), gobinary.read(plugin)
    except (layout.Unknown, gobinary.Unreadable) as error:
        print(f"doctor: {error}", file=sys.stderr)
        return 2

    print(f"host    {host.path}\nplugin  {plugin.path}\n")
    if absent:
        print(f"There is no {absent}: no plugin is installed there, this looks at the one built here.\n")
    if what := stranger(plugin, rebuild):
        print(what)
        return 1
    found = list(rows(host, plugin, args.glibc or machine_glibc()))
    width = max(len(of_host) for _, _, of_host, _ in found) + 2
    print(f"{'':10} {'':14}{'host':{width}}plugin")
    for verdict, name, of_host, of_plugin in found:
        print(f"{verdict:10} {name:14}{of_host or '-':{width}}{of_plugin or '-'}")

    refused = [name for verdict, name, _, _ in found if verdict == REFUSED]
    if refused:
        print(f"\nThis plugin will not load into this host, because of: {', '.join(refused)}.")
        print(advice(host, refused, rebuild))
        return 1
    print("\nThis plugin loads into this host.")
    if any(verdict == RISKY for verdict, *_ in found):
        print(f"Where a line says \"{RISKY}\", Go's loader does not mind as a rule; to be sure: {rebuild}")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make doctor | head
    sys.exit(main())
