"""`hardware/mes.yaml`: off without it, strict with it, and a token that is never written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SiteError
from assistant.settings import mes

GOOD = "endpoint: https://mes.plant.example/line\n"


def load(folder: Path, text: str) -> mes.Mes:
    (folder / "mes.yaml").write_text(text)
    found = mes.load(folder)
    assert found is not None
    return found


def test_without_the_file_there_is_no_mes(tmp_path: Path) -> None:
    assert mes.load(tmp_path) is None


def test_an_address_is_enough_and_calls_are_told_by_default(tmp_path: Path) -> None:
    chosen = load(tmp_path, GOOD).chosen()
    assert {"call.raised", "call.escalated", "call.answered", "lot.held", "mes.request_answered"} <= set(chosen)
    assert not any(name.startswith(("turn.", "order.", "hold.")) for name in chosen)


def test_patterns_choose_types_and_none_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD + "types: [order.*]\n").chosen()[0].startswith("order.")
    assert load(tmp_path, GOOD + "types: []\npoll_s: 0\n").chosen() == ()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x", "https://h"])
def test_http_is_for_this_box(tmp_path: Path, address: str) -> None:
    assert load(tmp_path, f"endpoint: {address}\n").endpoint == address


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("endpoint: http://mes.plant.example/line\n", "endpoint", "must be https"),
        ("endpoint: http://127.0.0.1.evil.example/\n", "endpoint", "must be https"),
        ("endpoint: ftp://127.0.0.1/\n", "endpoint", "must be https"),
        ("endpoint: mes.plant.example\n", "endpoint", "https://host/path"),
        ("endpoint: https://[::1/\n", "endpoint", "not an address"),
        ("endpoint: https://host:99999/\n", "endpoint", "not an address"),
        ("endpoint: https://user:pass@host/\n", "endpoint", "no user, password"),
        ("endpoint: https://host/?a=b\n", "endpoint", "no user, password"),
        ("types: [lot.*]\n", "", "endpoint"),
        (GOOD + "types: [lots.*]\n", "types", "did you mean lot."),
        (GOOD + "typs: [lot.*]\n", "typs", "unknown field"),
        (GOOD + "poll_s: -1\n", "poll_s", ">= 0"),
        (GOOD + "answer_s: 0\n", "answer_s", "> 0"),
        (GOOD + "answer_s: soon\n", "answer_s", "float"),
        (GOOD + "first: some\n", "first", "some"),
        (GOOD + "ca: none.pem\n", "ca", "no file"),
        (GOOD + "token: abc.def-ghi\n", "token", "name of an environment variable"),
    ],
)
def test_what_is_off_is_one_line_with_file_and_key(tmp_path: Path, text: str, key: str, says: str) -> None:
    with pytest.raises(SiteError) as caught:
        load(tmp_path, text)
    line = str(caught.value)
    assert "mes.yaml" in line and says in line and "\n" not in line
    assert caught.value.key == key
    assert "abc.def-ghi" not in line and "user:pass" not in line, "what may be a secret is not repeated"


def test_the_token_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = load(tmp_path, GOOD + "token: THE_MES_TOKEN\n")
    monkeypatch.delenv("THE_MES_TOKEN", raising=False)
    with pytest.raises(SiteError, match="THE_MES_TOKEN is not set"):
        mes.secret(wanted)
    monkeypatch.setenv("THE_MES_TOKEN", "s3cret\nX-Other: 1")
    with pytest.raises(SiteError) as caught:
        mes.secret(wanted)
    assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("THE_MES_TOKEN", "s3cret")
    assert mes.secret(wanted) == "s3cret"
    assert mes.secret(load(tmp_path, GOOD)) == ""
