"""`callrouter records schema`: what travels, for programs (JSON Schema, AsyncAPI) and for readers."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from callrouter.ticketing.asyncapi import asyncapi_text
from callrouter.ticketing.reference import reference
from callrouter.ticketing.schemas import schema_text, schemas


def write_schemas(output: Path | None) -> int:
    """Write a schema for each body, and the AsyncAPI document, into `output`; or print the schemas; return 0."""
    if output is None:
        typer.echo(json.dumps(schemas(), ensure_ascii=False, indent=1))
        return 0
    for file, text in files(output).items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        typer.echo(f"已写入 / written: {file}")
    return 0


def print_reference() -> int:
    """Print the reference as Markdown; return 0."""
    typer.echo(reference(), nl=False)
    return 0


def files(folder: Path) -> dict[Path, str]:
    """Every generated file of a documentation folder, with its text."""
    return {
        **{folder / "schema" / f"{name}.json": schema_text(schema) for name, schema in schemas().items()},
        folder / "asyncapi.json": asyncapi_text(),
        folder / "records-reference.md": reference(),
    }
