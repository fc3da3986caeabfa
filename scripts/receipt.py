"""What make install has changed in an eKuiper, and how it was before: etc/websocket-install/."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field

from layout import Layout

FOLDER, NAME = "websocket-install", "receipt.json"
CHANGED = ".changed"  # files that others had changed


@dataclass
class Receipt:
    """files: for each path the name of its backup (None: there was no file) and the digest of what was written."""

    root: str
    folder: str
    files: dict[str, dict] = field(default_factory=dict)
    data_port: int | None = None  # the host's data server's
    moved_from: int | None = None  # what kuiper.yaml said, if that was changed

    @property
    def exists(self) -> bool:
        return bool(self.files)

    def before(self, path: str) -> bytes | None:
        """The content that was there before the installation."""
        entry = self.files[path]
        return load(os.path.join(self.folder, entry["backup"])) if entry["backup"] else None

    def touched_by_others(self, path: str, current: bytes | None) -> bool:
        if path not in self.files or current is None:
            return False
        return digest(current) != self.files[path]["written"] and current != self.before(path)


def open_receipt(layout: Layout) -> Receipt:
    receipt = Receipt(layout.root, os.path.join(layout.etc, FOLDER))
    text = load(os.path.join(receipt.folder, NAME))
    if text is not None:
        content = json.loads(text)
        # Relative to the eKuiper, which may have been moved; a drop-in of a service lies elsewhere and is absolute.
        receipt.files = {os.path.join(layout.root, path): entry for path, entry in content["files"].items()}
        receipt.data_port, receipt.moved_from = content["data_port"], content["moved_from"]
    return receipt


def keep(receipt: Receipt, before: dict[str, bytes | None], after: dict[str, bytes | None]) -> None:
    """Writes the backups and the receipt, before anything else is written."""
    receipt.files = {}
    for path, content in after.items():
        if content == before[path]:
            continue
        backup = None if before[path] is None else os.path.basename(path)
        if backup:
            store(os.path.join(receipt.folder, backup), before[path])
        receipt.files[path] = {"backup": backup, "written": digest(content)}
    content = {
        "files": {relative(receipt, path): entry for path, entry in receipt.files.items()},
        "data_port": receipt.data_port,
        "moved_from": receipt.moved_from,
    }
    store(os.path.join(receipt.folder, NAME), json.dumps(content, indent=2).encode() + b"\n")
    backups = {entry["backup"] for entry in receipt.files.values()}
    for name in os.listdir(receipt.folder):
        # Of an earlier installation.
        if name != NAME and name not in backups and not name.endswith(CHANGED):
            os.remove(os.path.join(receipt.folder, name))


def relative(receipt: Receipt, path: str) -> str:
    inside = os.path.commonpath([receipt.root, path]) == receipt.root
    return os.path.relpath(path, receipt.root) if inside else path


def discard(receipt: Receipt) -> None:
    """Removes what keep wrote; copies of files that others had changed stay."""
    names = [NAME, *(entry["backup"] for entry in receipt.files.values() if entry["backup"])]
    for name in names:
        if os.path.exists(path := os.path.join(receipt.folder, name)):
            os.remove(path)
    remove_empty(receipt.folder)


def aside(receipt: Receipt, path: str) -> str:
    return os.path.join(receipt.folder, os.path.basename(path) + CHANGED)


def set_aside(receipt: Receipt, path: str) -> None:
    """Copies a file that others have changed to where it is out of the way."""
    shutil.copy2(path, aside(receipt, path))


def digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def load(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def store(path: str, content: bytes | None) -> None:
    """Replaces the file as a whole, so that a host that has the old one open keeps it; None removes it."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    if content is None:
        if os.path.exists(path):
            os.remove(path)
        return
    there = os.path.exists(path)
    made = make_folder(folder)
    like = os.stat(path if there else os.path.dirname(made[-1]) if made else folder)
    new = f"{path}.{os.getpid()}"
    with open(new, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), like.st_mode & 0o777 if there else 0o644)
    if os.geteuid() == 0:
        for each in [*made, new]:
            os.chown(each, like.st_uid, like.st_gid)
    os.replace(new, path)


def make_folder(folder: str) -> list[str]:
    """What had to be made, the deepest first."""
    made = []
    while not os.path.isdir(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    for each in reversed(made):
        os.mkdir(each)
    return made


def remove_empty(folder: str) -> None:
    if os.path.isdir(folder) and not os.listdir(folder):
        os.rmdir(folder)
