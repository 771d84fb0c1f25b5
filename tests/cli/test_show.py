"""Answers as lines: what a terminal would obey is shown instead, whoever said it."""

from __future__ import annotations

import json
import subprocess
import sys

from assistant.cli import show
from assistant.domain.values import Answer, Decision

NASTY = "\x1b[2J\x9b31m\x07\u202edrow\x00"


def test_no_word_of_an_answer_reaches_the_terminal_as_an_order() -> None:
    answer = Answer(NASTY, "note", {"text": NASTY}, 1.0, "template", Decision.DONE, f"Noted {NASTY}.")
    assert show.plain_line(answer).isprintable() and "\\u001b[2J" in show.plain_line(answer)
    assert show.json_line(answer).isprintable()
    assert json.loads(show.json_line(answer))["slots"] == {"text": NASTY}


def test_nor_does_a_machine_s_string_in_the_program_s_own_log() -> None:
    program = "import structlog\nfrom assistant.cli.main import _log_to_stderr\n_log_to_stderr()\n"
    program += f"structlog.get_logger().warning('journal entry skipped', entry={NASTY!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert line.isprintable() and "\\u001b[2J" in line
