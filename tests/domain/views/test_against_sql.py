"""What the views answer is what DuckDB finds in the raw events.

Run as a program for the full size: `python -m tests.domain.views.test_against_sql [QUESTIONS] [EVENTS]`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

from assistant.bootstrap.site import declarations
from assistant.plant.weeks import START, week
from tests.domain.views.questions import Asked, Questions, agree
from tests.domain.views.sql import Sql
from tests.domain.views.week import stored, the_events, times_of, views_of
from tests.site import the_plant


def asked(questions: int, events: int, seed: int, folder: Path) -> list[Asked]:
    """Random questions about a random week, one event in ten late."""
    told = the_events(events, seed, 0.1)
    random = Questions(views_of(told), Sql(told, folder), seed, times_of(told))
    return [random.ask() for _ in range(questions)]


def test_random_questions_are_answered_as_duckdb_answers_them(tmp_path: Path) -> None:
    found = asked(150, 12_000, 7, tmp_path)
    assert [one for one in found if not agree(*one[1:])] == []
    telling = Counter(question.split()[0] for question, ours, _ in found if ours)
    assert len(telling) > 12, "hardly a question had an answer"


def test_questions_about_the_reference_plants_own_day_are_answered_as_duckdb_answers_them(tmp_path: Path) -> None:
    one = the_plant()
    told = stored([*declarations(one, START), *islice(week(one, seed=7, days=1, start=START), 9000)])
    random = Questions(views_of(told), Sql(told, tmp_path), 3, times_of(told))
    found = [random.ask() for _ in range(100)]
    assert [one for one in found if not agree(*one[1:])] == []


def test_an_empty_log_has_an_answer_to_everything(tmp_path: Path) -> None:
    told = the_events(28, 7, 0.0)
    random = Questions(views_of(told), Sql(told, tmp_path), 1, (0.0, 1000.0))
    found = [random.ask() for _ in range(60)]
    assert [one for one in found if not agree(*one[1:])] == []


def main(questions: int = 2000, events: int = 100_000) -> int:
    """Ask so many; 1 when two answers differ."""
    with tempfile.TemporaryDirectory() as folder:
        found = asked(questions, events, 1, Path(folder))
    differ = [one for one in found if not agree(*one[1:])]
    for question, ours, theirs in differ[:5]:
        sys.stderr.write(f"{question}\n  ours   {ours!r:.500}\n  DuckDB {theirs!r:.500}\n")
    sys.stdout.write(
        f"{questions} random questions over {events} events: {questions - len(differ)} answered as by DuckDB\n"
    )
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
