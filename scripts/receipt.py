"""What make install has changed in an eKuiper, and how it was before: etc/websocket-install/.

The folder is its maker's alone, since backups may hold what only eKuiper's user may read. What is in it is believed
only where it belongs to root or to who runs this, and only about files that make install writes.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from folders import File, Refused
from vault import Vault

NAME = "receipt.json"
CHANGED = ".changed"  # files that others had changed
OURS = ".ours"  # files in which only some lines are ours, as make install leaves them without anybody's edits


@dataclass
class Entry:
    before: File | None  # None: there was no file
    written: str | None  # digest
    ours: bytes | None = None  # where only some lines are ours: the file without anybody's edits

    def edited(self, current: bytes) -> bool:
        """Whether others have edited a file in which only some lines are ours."""
        return self.ours is not None and current not in (self.ours, self.before.content if self.before else None)


@dataclass
class Receipt:
    root: str
    vault: Vault
    files: dict[str, Entry] = field(default_factory=dict)
    data_port: int | None = None  # the host's data server's

    @property
    def exists(self) -> bool:
        return bool(self.files)

    def before(self, path: str) -> File | None:
        """The file that was there before the installation."""
        return self.files[path].before if path in self.files else None

    def touched_by_others(self, path: str, current: bytes | None) -> bool:
        if path not in self.files or current is None:
            return False
        before = self.before(path)
        return digest(current) != self.files[path].written and current != (before.content if before else None)


def open_receipt(root: str, vault: Vault, ours: Callable[[str], bool]) -> Receipt:
    """ours: whether make install writes that file."""
    receipt = Receipt(root, vault)
    text = vault.read(NAME)
    if text is None:
        return receipt
    vault.check(vault.file(NAME), text.uid)
    try:
        content = json.loads(text.content)
        receipt.data_port = port(content["data_port"])
        for name, entry in content["files"].items():
            # Relative to the eKuiper, which may have been moved; a drop-in of a service lies elsewhere and is absolute.
            path = os.path.normpath(os.path.join(root, name))
            if not ours(path):
                raise ValueError(f"make install does not write {path} here (was SYSTEMD_DIR another one?)")
            before, written = backup(vault, entry["backup"]), entry["written"]
            if "ours" not in entry:
                raise ValueError("an earlier version of make install wrote it; use that one's make uninstall first")
            kept = backup(vault, entry["ours"])
            receipt.files[path] = Entry(before, written, kept.content if kept else None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise Refused(f"{vault.file(NAME)} is damaged: {reason}") from None
    return receipt


def port(value) -> int | None:
    if value is None or type(value) is int and 0 < value < 65536:
        return value
    raise ValueError(f"{value!r} is no port")


def backup(vault: Vault, name) -> File | None:
    if name is None:
        return None
    if not isinstance(name, str) or name != os.path.basename(name) or name in ("", ".", "..", NAME):
        raise ValueError(f"{name!r} is no name of a backup")
    if (file := vault.read(name)) is None:
        raise ValueError(f"the backup {vault.file(name)} is gone")
    return file


def keep(receipt: Receipt, before: dict[str, File | None], after: dict[str, bytes | None], ours: dict[str, bytes]) -> None:
    """Writes the backups and the receipt, before anything else is written."""
    receipt.files, entries = {}, {}
    for path, content in after.items():
        old = before[path]
        if content == (old.content if old else None):
            continue
        name = os.path.basename(path)
        entry = {"backup": name if old else None, "written": digest(content), "ours": name + OURS if path in ours else None}
        if old:
            receipt.vault.write(name, old)
        if path in ours:
            receipt.vault.write(name + OURS, own(ours[path]))
        receipt.files[path] = Entry(old, digest(content), ours.get(path))
        entries[relative(receipt, path)] = entry
    content = {"files": entries, "data_port": receipt.data_port}
    receipt.vault.write(NAME, own(json.dumps(content, indent=2).encode() + b"\n"))
    needed = {entry[key] for entry in entries.values() for key in ("backup", "ours")}
    for name in receipt.vault.names():
        # Of an earlier installation.
        if name != NAME and name not in needed and not name.endswith(CHANGED):
            receipt.vault.remove(name)


def own(content: bytes) -> File:
    return File(content, 0o600, os.geteuid(), os.getegid())


def relative(receipt: Receipt, path: str) -> str:
    inside = os.path.commonpath([receipt.root, path]) == receipt.root
    return os.path.relpath(path, receipt.root) if inside else path


def discard(receipt: Receipt) -> None:
    """Removes what keep wrote; copies of files that others had changed stay."""
    for path, entry in receipt.files.items():
        name = os.path.basename(path)
        for kept, there in ((name, entry.before), (name + OURS, entry.ours is not None)):
            if there:
                receipt.vault.remove(kept)
    receipt.vault.remove(NAME)
    receipt.vault.remove_if_empty()


def aside(path: str) -> str:
    """What a file that others have changed is called in the folder of the receipt."""
    return os.path.basename(path) + CHANGED


def digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
