"""A folder for its maker alone, inside of a folder that belongs to somebody else."""

import contextlib
import os
import stat

from folders import FOLDER, File, Refused, Tree, read_at, told, write_at


class Vault:
    """path: the folder; it need not be there yet."""

    def __init__(self, tree: Tree, path: str):
        self.tree = tree
        self.path = path

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def read(self, name: str) -> File | None:
        with told(self.file(name), "read"), self.opened() as folder:
            return None if folder is None else read_at(folder, name)

    def write(self, name: str, file: File) -> None:
        with told(self.file(name), "written"), self.opened(make=True) as folder:
            write_at(folder, name, file)

    def names(self) -> list[str]:
        with told(self.path, "read"), self.opened() as folder:
            # A descriptor that only stands for the folder cannot be read from.
            return [] if folder is None else listed(folder)

    def remove(self, name: str) -> None:
        with told(self.file(name), "removed"), self.opened() as folder, contextlib.suppress(FileNotFoundError):
            if folder is not None:
                os.unlink(name, dir_fd=folder)

    def remove_if_empty(self) -> None:
        with self.tree.folder(os.path.realpath(os.path.dirname(self.path))) as parent, contextlib.suppress(OSError):
            if parent is not None:
                os.rmdir(os.path.basename(self.path), dir_fd=parent)

    @contextlib.contextmanager
    def opened(self, make: bool = False):
        """None where there is none. Somebody else's, or one that others may write to, or a link, is not used."""
        above, name = os.path.realpath(os.path.dirname(self.path)), os.path.basename(self.path)
        with self.tree.folder(above) as parent:
            if parent is None:
                yield None
                return
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=parent)
            try:
                folder = os.open(name, FOLDER, dir_fd=parent)
            except FileNotFoundError:
                yield None
                return
            try:
                self.check(self.path, os.fstat(folder).st_uid)
                if stat.S_IMODE(os.fstat(folder).st_mode) & 0o022:
                    raise Refused(f"others may write to {self.path}, so it is not trusted; look into it and chmod 700")
                yield folder
            finally:
                os.close(folder)

    @staticmethod
    def check(path: str, owner: int) -> None:
        if owner not in (0, os.geteuid()):
            raise Refused(
                f"{path} belongs to another user ({owner}), so it is not trusted; run this as that user, or look into "
                "it and give it to root"
            )


def listed(folder: int) -> list[str]:
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
    try:
        return os.listdir(fd)
    finally:
        os.close(fd)
