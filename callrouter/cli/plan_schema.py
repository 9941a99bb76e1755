"""`callrouter plan schema`: the language for editors (JSON Schema) and for readers (the reference)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer

from callrouter.plans.schema.json_schema import plan_schema
from callrouter.plans.schema.reference import reference
from callrouter.settings import PROJECT_ROOT

_A_PLAN = PROJECT_ROOT / "dialplans" / "a-plan"
"""Where plans lie: an editor looks for the schema from there."""


def write_schemas(output: Path | None) -> int:
    """Write a schema a plan file into the folder `output`, or print them all as one JSON object; return 0.

    Then comes the first line that each plan file needs so that an editor finds its schema.
    """
    schemas = plan_schema()
    if output is None:
        typer.echo(json.dumps(schemas, ensure_ascii=False, indent=1))
        return 0
    output.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        file = schema_file(output, name)
        file.write_text(schema_text(schema), encoding="utf-8")
        typer.echo(f"已写入 / written: {file}")
    typer.echo("计划文件的第一行写上 / the first line of a plan file:")
    for name in schemas:
        typer.echo(f"  {name}: {modeline(output, name)}")
    return 0


def print_reference() -> int:
    """Print the reference of the language as Markdown; return 0."""
    typer.echo(reference(), nl=False)
    return 0


def schema_text(schema: object) -> str:
    """A schema as a file: readable, and the same for the same models."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def schema_file(folder: Path, name: str) -> Path:
    """Where the schema of a plan file such as `plan.yaml` lies."""
    return folder / f"{name}.json"


def modeline(folder: Path, name: str) -> str:
    """What the YAML extension of VS Code reads in a plan file's first line."""
    file = Path(os.path.relpath(schema_file(folder.resolve(), name), _A_PLAN))
    return f"# yaml-language-server: $schema={file.as_posix()}"
