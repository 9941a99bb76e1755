"""Passwords, made once per installation and kept in a file that only its owner reads."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class SecretsError(Exception):
    """The secrets file cannot be trusted or read; the text names it and the remedy."""


class Secrets(BaseModel):
    """Every password of an installation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ami: str = Field(repr=False)
    mqtt_controller: str = Field(repr=False)
    mqtt_ticketing: str = Field(repr=False)
    webhook: str = Field(repr=False, default="")
    """Standard Webhooks: `whsec_` and the key in base64. Empty only in a file from before there was one."""
    seats_token: str = Field(repr=False, default="")
    """Whoever bears it may look at the seats and pause them, over HTTP. Empty only in an older file."""
    phones: dict[str, str] = Field(repr=False)
    """SIP account → password."""


def load_or_make(file: Path, phones: Iterable[str]) -> Secrets:
    """Read the secrets, making those that are missing: at the first start, or for a new seat.

    Raises SecretsError when the file is damaged or readable by others.
    """
    known = read(file) if file.exists() else _new()
    found = known.model_copy(
        update={
            "webhook": known.webhook or _webhook_secret(),
            "seats_token": known.seats_token or _password(),
            "phones": {phone: known.phones.get(phone) or _password() for phone in phones},
        }
    )
    if found != known or not file.exists():
        write_private(file, found.model_dump_json(indent=2))
    return found


def read(file: Path) -> Secrets:
    """Read the secrets of an installation.

    Raises SecretsError when there are none, or when they are damaged or readable by others.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise SecretsError(f"{file}: others may read it; remedy: chmod 600, and new passwords")
        return Secrets.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SecretsError(f"{file}: not there yet; remedy: `callrouter serve` makes it") from None
    except (ValidationError, UnicodeDecodeError):
        raise SecretsError(
            f"{file}: damaged; remedy: delete it, new passwords are made at the next start"
        ) from None


def read_word(file: Path) -> str:
    """Read a secret that somebody else gave us: the one line of a file that only its owner reads.

    Raises SecretsError, naming the remedy, when there is none or others may read it.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise SecretsError(f"{file}: others may read it; remedy: chmod 600 {file}, and a new secret")
        word = file.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        raise SecretsError(f"{file}: no secret there; remedy: write it into this file, chmod 600") from None
    if not word or len(word.splitlines()) != 1:
        raise SecretsError(
            f"{file}: not one line of text; remedy: write the secret, and nothing else, into it"
        )
    return word


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody but its owner could read at any moment, replacing it whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def _new() -> Secrets:
    return Secrets(ami=_password(), mqtt_controller=_password(), mqtt_ticketing=_password(), phones={})


def _password() -> str:
    return secrets.token_urlsafe(18)


def _webhook_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
