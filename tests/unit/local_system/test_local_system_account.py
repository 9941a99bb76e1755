"""The unprivileged account, as root and as anybody else. No account of this machine is touched."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from callrouter.local_system.account import ACCOUNT, Account, unprivileged_account


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: SimpleNamespace(pw_uid=4711, pw_gid=4712, name=name))


@pytest.fixture
def reachable(tmp_path: Path) -> Path:
    """A folder that anybody may enter, as far as this test made it."""
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001 and os.access(folder, os.W_OK):
            folder.chmod(folder.stat().st_mode | 0o001)
    if any(not folder.stat().st_mode & 0o001 for folder in tmp_path.parents):
        pytest.skip("the folder for temporary files is closed to others")
    return tmp_path


def test_who_is_not_root_needs_no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged_account(tmp_path) is None


def test_root_runs_parts_as_the_account(root: None, reachable: Path) -> None:
    assert unprivileged_account(reachable, reachable / "not-there-yet") == Account(4711, 4712)


def test_a_missing_account_is_an_error_with_the_remedy(
    root: None, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", nobody)
    with pytest.raises(PermissionError, match=f"no account `{ACCOUNT}`; remedy: make setup"):
        unprivileged_account(reachable)


def test_a_folder_that_the_account_cannot_enter_is_named_the_outermost_first(
    root: None, reachable: Path
) -> None:
    inner = reachable / "closed" / "inner"
    inner.mkdir(parents=True)
    inner.chmod(0o700)
    (reachable / "closed").chmod(0o750)
    with pytest.raises(PermissionError) as raised:
        unprivileged_account(reachable, inner)
    closed = (reachable / "closed").resolve()
    assert f"cannot enter {closed};" in str(raised.value)
    assert f"chmod o+x {closed}" in str(raised.value)


def test_the_way_is_judged_where_links_lead(root: None, reachable: Path) -> None:
    closed = reachable / "closed"
    closed.mkdir(mode=0o700)
    (reachable / "link").symlink_to(closed)
    with pytest.raises(PermissionError, match="closed"):
        unprivileged_account(reachable / "link")


def test_a_folder_is_given_away_with_all_in_it_but_not_what_links_point_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[Path, tuple[int, int]] = {}

    def chown(path: Path, uid: int, gid: int, *, dir_fd: int | None = None, follow_symlinks: bool) -> None:
        assert not follow_symlinks
        inside = Path(f"/proc/self/fd/{dir_fd}").readlink() if dir_fd is not None else Path()
        given[inside / path] = (uid, gid)

    monkeypatch.setattr(os, "chown", chown)
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").touch()
    (folder / "link").symlink_to(outside)
    Account(1, 2).owns(folder)
    assert given == dict.fromkeys((folder, folder / "sub", folder / "sub" / "file", folder / "link"), (1, 2))
