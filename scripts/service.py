"""Which systemd unit runs an eKuiper, and what it sets already."""

import glob
import os
import re

from folders import told
from layout import Layout

VARIABLE = "KUIPER__SOURCE__HTTPSERVERPORT"
DROP_IN = "ekuiper-websocket.conf"
# In the order in which systemd looks.
FOLDERS = [f"{above}/systemd/system" for above in ("etc", "run", "usr/local/lib", "usr/lib", "lib")]
PACKAGE_PROGRAMS = ("/usr/bin/kuiperd", "/usr/lib/kuiper/bin/kuiperd", "/usr/lib/kuiper/bin/service_helper.sh")


class Systemd:
    """folder: where drop-ins go, /etc/systemd/system; given by hand, units are looked for nowhere else."""

    def __init__(self, layout: Layout, folder: str = ""):
        root = layout.root if layout.package else "/"
        self.layout = layout
        self.folders = [os.path.abspath(folder)] if folder else [os.path.join(root, f) for f in FOLDERS]

    def drop_in(self, unit: str) -> str:
        return os.path.join(self.folders[0], f"{unit}.d", DROP_IN)

    def is_drop_in(self, path: str) -> bool:
        """Whether it is one of drop_in()."""
        folder, name = os.path.split(path)
        above, unit = os.path.split(folder)
        named = re.fullmatch(r"[\w:.\\@-]+\.service\.d", unit, re.ASCII)
        return above == self.folders[0] and name == DROP_IN and named is not None

    def units(self) -> dict[str, str]:
        """Name and text of each service; of two with one name systemd takes the first."""
        found: dict[str, str] = {}
        for folder in self.folders:
            for path in sorted(glob.glob(os.path.join(folder, "*.service"))):
                if os.path.isfile(path):
                    found.setdefault(os.path.basename(path), read(path))
        return found

    def running(self) -> list[str]:
        """The units that start this eKuiper."""
        return [name for name, text in self.units().items() if self.starts(text)]

    def starts(self, unit: str) -> bool:
        commands = " ".join(values(unit, "ExecStart"))
        if self.layout.package:
            return any(word in PACKAGE_PROGRAMS for word in words(commands))
        folders = [os.path.realpath(folder) for folder in values(unit, "WorkingDirectory")]
        if os.path.realpath(self.layout.root) in folders:
            return "kuiperd" in commands
        return any(word.startswith("/") and place(word) == place(self.layout.kuiperd) for word in words(commands))

    def data_port(self, unit: str) -> int | None:
        """The port for the host's data server that the unit or a drop-in of somebody else sets."""
        texts = [self.units().get(unit, "")]
        for folder in reversed(self.folders):
            for path in sorted(glob.glob(os.path.join(folder, f"{unit}.d", "*.conf"))):
                if os.path.basename(path) != DROP_IN:
                    texts.append(read(path))
        # Files of variables win over variables in the unit.
        for file in [f.lstrip("-") for text in texts for f in values(text, "EnvironmentFile")]:
            if os.path.isfile(file):
                texts.append(read(file))
        set_by = [m[1] for text in texts for m in re.finditer(rf"^[^#;\n]*{VARIABLE}=[\"']?(\d+)", text, re.MULTILINE)]
        return int(set_by[-1]) if set_by else None


def values(unit: str, key: str) -> list[str]:
    joined = re.sub(r"\\\r?\n", " ", unit)
    return [m[1].strip() for m in re.finditer(rf"^[ \t]*{key}[ \t]*=(.*)$", joined, re.MULTILINE)]


def words(commands: str) -> list[str]:
    """The words of command lines, without quotes and without the signs that systemd takes in front."""
    return [word.lstrip("@-:+!") for word in re.split(r"[\s\"';&]+", commands)]


def place(program: str) -> tuple[str, str]:
    """Which file, whatever links lead to its folder."""
    return os.path.realpath(os.path.dirname(program)), os.path.basename(program)


def drop_in_text(port: int) -> str:
    why = "# Written by make install of the websocket plugin, which has the port of kuiper.yaml."
    return f"{why}\n[Service]\nEnvironment={VARIABLE}={port}\n"


def read(path: str) -> str:
    with told(path, "read"), open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
