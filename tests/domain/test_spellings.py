"""What a template says, phrase by phrase."""

from __future__ import annotations

import pytest

from assistant.domain.spoken.spellings import phrases


def said(template: str, **rules: str) -> list[str]:
    return [" ".join(words) for words in phrases(template, rules)]


def test_a_template_says_every_choice_of_its_words() -> None:
    assert said("[a] lot of (skim|skimmed) milk") == [
        "lot of skim milk",
        "lot of skimmed milk",
        "a lot of skim milk",
        "a lot of skimmed milk",
    ]
    assert said("triple [(shot|shots)]") == ["triple", "triple shot", "triple shots"]
    assert said("reason") == ["reason"]


def test_rules_are_written_out() -> None:
    assert said("<may> have", may="(can|could) <who>", who="(i|we)") == [
        "can i have",
        "can we have",
        "could i have",
        "could we have",
    ]


@pytest.mark.parametrize("template", ["hold {lot}", "(a|b", "a)", "[a)", "<nobody>", "(a;b)", "<round>", ""])
def test_what_has_a_slot_or_no_end_says_nothing(template: str) -> None:
    assert said(template, round="<round>") == []


def test_what_says_too_much_is_left_out() -> None:
    assert phrases("(a|b|c) (d|e|f)", most=9) and not phrases("(a|b|c) (d|e|f)", most=8)
