from __future__ import annotations

import pytest

from assistant.errors import LogError
from tests.contracts.eventlog_contract import EventLogContract, held
from tests.fakes.memory_log import MemoryLog


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


class TestMemoryLog(EventLogContract):
    pass


def test_it_fails_while_it_is_told_to(log: MemoryLog) -> None:
    log.problem = "disk nearly full"
    with pytest.raises(LogError, match="disk nearly full"):
        log.append([held("e1")])
    log.problem = ""
    assert [event.position for event in log.append([held("e1")])] == [1]
