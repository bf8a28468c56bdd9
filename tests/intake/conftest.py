"""An intake over the database at hand, and polls that it takes in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.intake import Intake
from bot.storage import Storage


@pytest.fixture(scope="module")
def reading() -> Iterator[ThreadPoolExecutor]:
    """Run what is slow about text."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Storage over each of the two engines; PostgreSQL's in `make check`: intake holds no SQL."""
    found: Storage = request.getfixturevalue(f"{request.param}_storage")
    return found


@pytest.fixture
def intake(storage: Storage, reading: ThreadPoolExecutor) -> Intake:
    """Take in what polls bring."""
    return Intake(storage, reading)
