"""The request tables, one module per area; each module defines `TABLE`."""

from __future__ import annotations

import importlib
import pkgutil

from differential.model import Table


def load_all() -> list[Table]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    tables: list[Table] = [importlib.import_module(f"{__name__}.{name}").TABLE for name in names]
    assert len({table.name for table in tables}) == len(tables), "two tables share a name"
    return tables
