"""Reads and replaces files in folders that somebody else may write to, even while we are at it.

eKuiper's folders mostly belong to its own user, who may put a link or a pipe where a file is expected. So a path is
resolved once; then each folder is opened from the one above without following links, and all is done relative to it.
Root, who may write anywhere, does not let a link lead it out of eKuiper at all.
"""

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass

FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW


class Refused(Exception):
    """A file that cannot or must not be used; the text says which and why."""


@dataclass(frozen=True)
class File:
    content: bytes
    mode: int
    uid: int
    gid: int


@contextlib.contextmanager
def told(path: str, what: str):
    """Errors of the system, in words that name the file."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{path} cannot be {what}: {error.strerror or error}") from None


class Tree:
    """homes: the folders below which everything is."""

    def __init__(self, homes: list[str]):
        self.homes = [os.path.realpath(home) for home in homes]

    def read(self, path: str) -> File | None:
        real = os.path.realpath(path)
        with told(path, "read"), self.folder(os.path.dirname(real)) as folder:
            return None if folder is None else read_at(folder, os.path.basename(real))

    def load(self, path: str) -> bytes | None:
        file = self.read(path)
        return file.content if file else None

    def store(self, path: str, content: bytes | None, like: File | None = None) -> None:
        """Replaces the file as a whole, so that a host that has the old one open keeps it; None removes it. Owner and
        mode stay; of a file that is not there they are those of `like`, or else as eKuiper's own files have them."""
        real = os.path.realpath(path)
        name = os.path.basename(real)
        with told(path, "written"), self.folder(os.path.dirname(real), make=content is not None) as folder:
            if content is not None:
                there = read_at(folder, name) or like
                above = os.fstat(folder)
                new = File(content, there.mode, there.uid, there.gid) if there else File(
                    content, 0o644, above.st_uid, above.st_gid)
                write_at(folder, name, new)
            elif folder is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    def remove_empty(self, path: str) -> None:
        """Removes a folder with nothing in it."""
        real = os.path.realpath(path)
        with self.folder(os.path.dirname(real)) as above, contextlib.suppress(OSError):
            if above is not None:
                os.rmdir(os.path.basename(real), dir_fd=above)

    @contextlib.contextmanager
    def folder(self, real: str, make: bool = False):
        """The opened folder, whose path has no links in it; None where there is none and none is to be made."""
        home = next((home for home in self.homes if os.path.commonpath([home, real]) == home), None)
        if home is None and os.geteuid() == 0:
            raise Refused(
                f"a link leads to {real}, out of {' and '.join(self.homes)}, and root does not follow it; run this as "
                "eKuiper's user, or put the file itself in place of the link"
            )
        if home and make:
            os.makedirs(home, exist_ok=True)
        with contextlib.ExitStack() as opened:

            def enter(name: str, above: int | None) -> int:
                fd = os.open(name, FOLDER, dir_fd=above)
                opened.callback(os.close, fd)
                return fd

            try:
                found = enter(home or "/", None)
                for name in os.path.relpath(real, home or "/").split(os.sep):
                    if make:
                        with contextlib.suppress(FileExistsError):
                            os.mkdir(name, 0o755, dir_fd=found)
                    found = enter(name, found)
            except FileNotFoundError:
                found = None
            yield found


def read_at(folder: int, name: str) -> File | None:
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would wait.
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    with open(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        return File(file.read(), status.st_mode & 0o777, status.st_uid, status.st_gid)


def write_at(folder: int, name: str, file: File) -> None:
    new = f".{name}.{secrets.token_hex(8)}"
    # Nobody else's until it has the owner and mode that it is to have.
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with open(fd, "wb") as out:
            out.write(file.content)
            out.flush()
            if os.geteuid() == 0:
                os.fchown(fd, file.uid, file.gid)
            else:
                with contextlib.suppress(PermissionError):  # a group that this user is not in
                    os.fchown(fd, -1, file.gid)
            os.fchmod(fd, file.mode)
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)
        raise
