"""The unprivileged account: what faces the network never runs as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "callrouter"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account to run parts as."""

    uid: int
    gid: int

    def owns(self, folder: Path) -> None:
        """Give the folder and all in it to this account."""
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        # By descriptors, never by paths: the account itself may be changing what lies below.
        for _, folders, files, inside in os.fwalk(folder, follow_symlinks=False):
            for name in (*folders, *files):
                os.chown(name, self.uid, self.gid, dir_fd=inside, follow_symlinks=False)

    def may_read(self, folder: Path) -> None:
        """Let this account read the folder's files, and nothing else but root: it can change none of them."""
        os.chown(folder, 0, self.gid)
        folder.chmod(0o750)
        for file in folder.iterdir():
            os.chown(file, 0, self.gid)
            file.chmod(0o640)


def unprivileged_account(*must_reach: Path) -> Account | None:
    """Return the account for parts that root starts; None when we are not root anyway.

    Raises PermissionError, naming the remedy, when we are root and the account is missing or could not
    reach one of `must_reach` (which need not exist yet).
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise PermissionError(
            f"Asterisk is not run as root, and there is no account `{ACCOUNT}`; remedy: make setup"
        ) from None
    closed = next(filter(None, (_closed_folder(path.resolve()) for path in must_reach)), None)
    if closed:
        raise PermissionError(
            f"Asterisk is not run as root, and the account `{ACCOUNT}` cannot enter {closed};"
            f" remedy: chmod o+x {closed}, or check the project out elsewhere"
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _closed_folder(path: Path) -> Path | None:
    for folder in reversed((path, *path.parents)):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None
