#!/usr/bin/env python3
"""package.py Websocket.so websocket.json OUT.zip: the archive for eKuiper's POST /plugins/sources.

eKuiper 2.2 to 2.4 count what they have unpacked, and want to arrive at 3 for a source: the .so, and websocket.yaml
twice, for etc/ and data/. Where etc/sources/websocket.yaml is there already, as on every stock host, it is left alone
and counts once: the archive that eKuiper's documentation describes is refused there, and one made for that case is
refused where the yaml is missing, after a delete. So this one has no yaml, which says nothing that is not the
default anyway, and the .so three times: empty, empty, and whole. Each is unpacked over the one before.
"""

import os
import sys
import warnings
import zipfile

COUNTED = 3


def entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # dated 1980, so that the same content is the same archive
    info.compress_type = zipfile.ZIP_DEFLATED
    # The mode that the host gives the file; 0 unless it is set.
    info.external_attr = 0o100644 << 16
    return info


def pack(so: bytes, json: bytes, out: str) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.filterwarnings("ignore", "Duplicate name")
        archive.writestr(entry("websocket.json"), json)
        for content in [b""] * (COUNTED - 1) + [so]:
            archive.writestr(entry("Websocket.so"), content)


def main(so: str, json: str, out: str) -> None:
    with open(so, "rb") as a, open(json, "rb") as b:
        contents = a.read(), b.read()
    os.makedirs(os.path.dirname(out), exist_ok=True)
    new = f"{out}.{os.getpid()}"
    pack(*contents, new)
    os.replace(new, out)
    print(f"== {out}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"usage: {__doc__.partition(': ')[0]}")
    main(*sys.argv[1:])
