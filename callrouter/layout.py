"""Where an instance keeps its things: a folder of its own, so that a rehearsal never meets the live one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callrouter.settings import PROJECT_ROOT, Settings

PROMPTS_FOLDER = PROJECT_ROOT / "ivr_prompts"
"""The announcements: texts, masters, recordings."""

SETUP_FOLDER = (PROJECT_ROOT / ".local").resolve()
"""What set-up made: programs and sounds, shared by every instance of the checkout. Set-up may have made it a link."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one instance."""

    root: Path
    asterisk_log: Path
    """Asterisk's logs and its journal of calls."""
    asterisk_spool: Path
    """What Asterisk records."""

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """Return the layout of an instance with these settings."""
        root = settings.path(settings.run_dir).resolve()
        return cls(
            root,
            asterisk_log=settings.path(settings.asterisk.log_dir or root / "asterisk" / "log"),
            asterisk_spool=settings.path(settings.asterisk.spool_dir or root / "asterisk" / "spool"),
        )

    @property
    def secrets(self) -> Path:
        """Passwords made for this installation; 0600."""
        return self.root / "secrets.json"

    @property
    def desk_tokens(self) -> Path:
        """Who may ask at the agents' desks; 0600."""
        return self.root / "desk_tokens.json"

    @property
    def caller_flags(self) -> Path:
        """What agents are told of some callers, if the operator has written any down; 0600."""
        return self.root / "flags.yaml"

    @property
    def boot_name(self) -> Path:
        """The word that Asterisk puts on everything it tells, for the controller to check; 0600."""
        return self.root / "boot-name"

    @property
    def softphones(self) -> Path:
        """The phones' credentials for a person to read; 0600."""
        return self.root / "phones.txt"

    @property
    def clock(self) -> Path:
        """The rehearsal clock's offset, so that a restarted controller goes on in the same time."""
        return self.root / "clock.json"

    @property
    def logs(self) -> Path:
        """One log file per part."""
        return self.root / "log"

    @property
    def asterisk(self) -> Path:
        """Everything Asterisk writes."""
        return self.root / "asterisk"

    @property
    def asterisk_etc(self) -> Path:
        """Rendered configuration: outside what Asterisk owns, so that it can't change it."""
        return self.root / "etc"

    @property
    def made_for_asterisk(self) -> Path:
        """Sounds and documentation that it reads: outside what it owns, so that it can't change them."""
        return self.root / "made"

    @property
    def asterisk_data(self) -> Path:
        """Sounds, by links."""
        return self.asterisk / "data"

    @property
    def cel_csv(self) -> Path:
        """The journal that calls are made into records from."""
        return self.asterisk_log / "cel-custom" / "cel.csv"

    @property
    def queue_log(self) -> Path:
        """Which seats were rung, and how long callers waited."""
        return self.asterisk_log / "queue_log"

    @property
    def voicemail(self) -> Path:
        """Messages left by callers."""
        return self.asterisk_spool / "voicemail"

    @property
    def recordings(self) -> Path:
        """Talks, where Asterisk's MixMonitor puts them."""
        return self.asterisk_spool / "monitor"

    @property
    def broker(self) -> Path:
        """The broker's configuration and its own store."""
        return self.root / "broker"

    @property
    def database(self) -> Path:
        """SQLite, unless the settings name another database."""
        return self.root / "data" / "callrouter.sqlite3"

    @property
    def lines(self) -> Path:
        """Messages as JSON lines, where no broker and no webhook takes them; the settings may name another folder."""
        return self.root / "lines"

    @property
    def reveals(self) -> Path:
        """Who had unmasked numbers shown, and how many calls' (never which); 0600."""
        return self.logs / "reveals.log"

    @property
    def ticketing(self) -> Path:
        """The reference ticketing subscriber's database."""
        return self.root / "ticketing" / "inbox.sqlite3"


def sounds_folder() -> Path:
    """Prompts as A-law, made from the masters at set-up."""
    return SETUP_FOLDER / "sounds"


def database_address(settings: Settings, layout: Layout) -> str:
    """The database that the settings name, or the SQLite file of the instance."""
    return settings.database_url or f"sqlite:///{layout.database}"
