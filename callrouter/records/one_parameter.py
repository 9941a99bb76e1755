"""Many values as one parameter of a statement.

Rules:
- The text of the statement is the same for any number of values: the database and its driver prepare it once, and
  there is no limit to their number.
- SQLite takes them as a JSON array, PostgreSQL as an array of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa


def among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Ask whether the column's value is among those of the parameter `name`."""
    if dialect == "sqlite":
        return column.in_(_listed(dialect, column, name))
    # Not from a list, as in SQLite: of an array PostgreSQL knows that it may use the column's index.
    return column == sa.any_(_array(column, name))


def not_among(dialect: str, column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Ask whether it is none of them. From a list: it is hashed, an array would be gone through for every row."""
    return column.not_in(_listed(dialect, column, name))


def as_parameter(dialect: str, values: Collection[int] | Collection[str]) -> object:
    """Give the parameter's value."""
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)


def _listed(dialect: str, column: sa.Column[Any], name: str) -> sa.Select[Any]:
    if dialect == "sqlite":
        given = sa.func.json_each(sa.bindparam(name, type_=sa.Text()))
        return sa.select(given.table_valued("value").c.value)
    return sa.select(sa.func.unnest(_array(column, name)))


def _array(column: sa.Column[Any], name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.ARRAY(column.type))
