#!/usr/bin/env python3
"""What a bench ran on, as JSON: machine.py PART STATE SECONDS LOAD, the last as it was before."""

import datetime
import json
import os
import platform
import re
import subprocess
import sys


def answer(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def cpu() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        found = re.search(r"^model name\s*: (.+)$", info.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def system() -> str:
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return f"{release}, kernel {platform.release().split('-')[0]}"


def versions() -> dict:
    kuiperd = os.environ.get("EKWS_KUIPERD", "")
    built = answer("go", "version", "-m", kuiperd) if kuiperd else ""
    ekuiper = re.search(r"github.com/lf-edge/ekuiper/v2\s+v(\S+)", built)
    return {
        "eKuiper": ekuiper.group(1) if ekuiper else "",
        "Go": built.split(": go", 1)[-1].split("\n")[0],
        "GCC": answer("c++", "-dumpfullversion"),
        "OpenSSL": " ".join(answer("openssl", "version").split()[1:2]),
        "commit": answer("git", "rev-parse", "--short", "HEAD"),
    }


def main() -> None:
    part, state, seconds, load = sys.argv[1:]
    json.dump(
        {
            "part": part,
            "state": state,
            "seconds": int(seconds),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "machine": f"{cpu()}, {os.cpu_count()} cores, {memory_gib()} GiB",
            "load": float(load),
            "system": system(),
            "versions": versions(),
        },
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
