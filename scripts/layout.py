"""Where the parts of an eKuiper are: unpacked in a folder, or installed from a package."""

import os
from dataclasses import dataclass


class Unknown(Exception):
    """No eKuiper there; the text says what was looked for."""


@dataclass
class Layout:
    root: str  # the folder of an unpacked one; of a package the root of the file system, / but in tests
    package: bool
    kuiperd: str
    etc: str
    plugins: str  # of sources
    homes: list[str]  # the folders that all of it is in

    @property
    def so(self) -> str:
        """The installed plugin; the host takes the name in either case."""
        lower = os.path.join(self.plugins, "websocket.so")
        return lower if os.path.exists(lower) else os.path.join(self.plugins, "Websocket.so")


def find(kuiper: str) -> Layout:
    """kuiper: the folder that eKuiper is unpacked in, or / or /etc/kuiper for one of a package."""
    given = os.path.abspath(kuiper)
    if os.path.isfile(os.path.join(given, "etc", "kuiper.yaml")):
        return folder(given)
    for root in (given, os.path.dirname(os.path.dirname(given))):
        if os.path.isfile(os.path.join(root, "etc", "kuiper", "kuiper.yaml")):
            return package(root)
    raise Unknown(
        f"{kuiper} is no eKuiper: there is no etc/kuiper.yaml in it; KUIPER is the folder with bin, etc and plugins, "
        "or /etc/kuiper where eKuiper was installed from a package"
    )


def folder(root: str) -> Layout:
    def inside(*names: str) -> str:
        return os.path.join(root, *names)

    kuiperd = program(inside("bin", "kuiperd"), inside("kuiperd"))
    return Layout(root, False, kuiperd, inside("etc"), plugins(inside("plugins")), [root])


def package(root: str) -> Layout:
    def inside(*names: str) -> str:
        return os.path.join(root, *names)

    kuiperd = program(inside("usr", "lib", "kuiper", "bin", "kuiperd"), inside("usr", "bin", "kuiperd"))
    etc, data = inside("etc", "kuiper"), inside("var", "lib", "kuiper")
    return Layout(root, True, kuiperd, etc, plugins(os.path.join(data, "plugins")), [etc, data])


def program(*places: str) -> str:
    for place in places:
        if os.path.isfile(place):
            return place
    raise Unknown(f"there is no kuiperd in {' or '.join(places)}")


def plugins(place: str) -> str:
    if not os.path.isdir(os.path.join(place, "sources")):
        raise Unknown(f"there is no folder {os.path.join(place, 'sources')}")
    return os.path.join(place, "sources")
