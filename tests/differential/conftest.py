from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from differential.model import Group, Table
from differential.pair import Pair, products

SEED_GROUP = Group("seed", [])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    table: Table | None = getattr(metafunc.cls, "table", None)
    if table is not None:
        metafunc.parametrize("group", [pytest.param(group, id=group.name) for group in [SEED_GROUP, *table.groups]])


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Data folders with one superuser, made by each product's CLI; every table starts from copies."""
    made: dict[Path, Path] = {}
    for product in products():
        if product.binary not in made:
            folder = tmp_path_factory.mktemp(f"template-{product.name}") / "pb_data"
            product.upsert_superuser(folder)
            made[product.binary] = folder
    oracle, subject = products()
    return made[oracle.binary], made[subject.binary]


class Pairs:
    """Holds the servers of the table that runs now. Tests of a table follow each other, so one pair is enough."""

    def __init__(self, templates: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> None:
        self._templates = templates
        self._tmp = tmp_path_factory
        self._table: Table | None = None
        self._made: Pair | str | None = None

    def of(self, table: Table) -> Pair:
        if table is not self._table:
            self.close()
            self._table = table
            try:
                self._made = Pair(table, self._templates, self._tmp.mktemp(table.name))
            except RuntimeError as error:
                self._made = str(error)[:2000]
        if not isinstance(self._made, Pair):
            pytest.fail(f"{table.name} has no servers: {self._made}", pytrace=False)
        return self._made

    def close(self) -> None:
        if isinstance(self._made, Pair):
            self._made.close()
            shutil.rmtree(self._made.home, ignore_errors=True)
        self._made = None


@pytest.fixture(scope="session")
def pairs(templates: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pairs]:
    holder = Pairs(templates, tmp_path_factory)
    yield holder
    holder.close()


@pytest.fixture
def pair(request: pytest.FixtureRequest, pairs: Pairs) -> Pair:
    return pairs.of(request.cls.table)
