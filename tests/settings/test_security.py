"""Certificates and accounts as a site names them: whatever is wrong with one is one line that says which."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.errors import SiteError, UsageError
from assistant.settings import hardware, security
from assistant.settings.certificates import make
from assistant.settings.paths import shipped_site
from tests.fakes import certified

SECURITY = """
security:
  policy: Basic256Sha256
  certificate: assistant.der
  private_key: assistant.key.pem
  server_certificate: plant.der
"""
NOW, DAY = 0.0, 86400.0


def a_site(folder: Path, extra: str, **replaced: str) -> Path:
    """The shipped hardware file with something more."""
    text = (shipped_site() / "hardware" / "opcua.yaml").read_text() + extra
    for old, new in replaced.items():
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "opcua.yaml").write_text(text)
    return folder


def test_file_without_security_has_none() -> None:
    assert hardware.load(shipped_site() / "hardware").security is None


def test_relative_paths_begin_in_the_data_folder_and_absolute_ones_anywhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(certified.folder(), data / "certificates")
    relative = hardware.load(a_site(tmp_path / "a", SECURITY)).security
    elsewhere = SECURITY.replace("plant.der", str(certified.folder() / "plant.der"))
    absolute = hardware.load(a_site(tmp_path / "b", elsewhere)).security
    assert relative is not None and absolute is not None
    assert security.trust(relative, data).peer.file == data / "certificates" / "plant.der"
    assert security.trust(absolute, data).peer.file == certified.folder() / "plant.der"


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (SECURITY.replace("Basic256Sha256", "Basic128Rsa15"), ["opcua.yaml:", "policy", "Basic128Rsa15"]),
        (SECURITY.replace("  private_key: assistant.key.pem\n", ""), ["opcua.yaml:", "security", "private_key"]),
        (SECURITY + "  password: secret\n", ["opcua.yaml:", "password", "unknown field"]),
    ],
)
def test_security_that_is_off_is_one_line(tmp_path: Path, extra: str, says: list[str]) -> None:
    with pytest.raises(SiteError) as told:
        hardware.load(a_site(tmp_path, extra))
    assert "\n" not in str(told.value)
    for words in says:
        assert words in str(told.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "opc.tcp://", "opc.tcp://h:99999", "opc.tcp://me:pw@h:4840"])
def test_address_that_is_none_or_bears_a_password_is_refused(tmp_path: Path, address: str) -> None:
    site = a_site(tmp_path, "", **{"opc.tcp://127.0.0.1:4840/line-assistant": address})
    with pytest.raises(SiteError, match=r"opcua\.yaml: endpoint: "):
        hardware.load(site)


@pytest.mark.parametrize("pattern", ["{machne}.Held", "{}.Held", "{machine.Held"])
def test_pattern_with_other_braces_is_refused_before_anything_connects(tmp_path: Path, pattern: str) -> None:
    site = a_site(tmp_path, "", **{"{machine}.Held": pattern})
    with pytest.raises(SiteError, match=r"opcua\.yaml: held: .*only \{machine\}"):
        hardware.load(site)


def test_certificate_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    def told(certificate: Path, key: Path) -> str:
        with pytest.raises(SiteError) as error:
            security.pair(certificate, key)
        return str(error.value)

    good = certified.folder()
    certificate, key = good / "assistant.der", good / "assistant.key.pem"
    assert "No such file" in told(tmp_path / "none.der", key)
    assert "assistant hardware certificates" in told(certificate, tmp_path / "none.pem")
    (tmp_path / "text.der").write_text("hello")
    assert "text.der: not a certificate" in told(tmp_path / "text.der", key)
    assert "plant.key.pem: is not the key of" in told(certificate, good / "plant.key.pem")
    seen = Path(shutil.copy(key, tmp_path / "seen.pem"))
    seen.chmod(0o644)
    assert "chmod 600" in told(certificate, seen)
    seen.chmod(0o600)
    seen.write_text("hello")
    assert "no private key" in told(certificate, seen)


def test_dates_are_told_in_words() -> None:
    one = security.certificate(certified.folder() / "plant.der")
    assert one.problem(one.ends - 1) == one.problem(one.begins + 1) == ""
    assert "plant.der: expired on " in one.problem(one.ends + DAY)
    assert "clock" in one.problem(one.begins - DAY)


def test_certificate_names_its_application_and_holds_as_long_as_was_asked(tmp_path: Path) -> None:
    assistant, plant = make(tmp_path / "made", days=10, hosts=["plc-7", "192.0.2.7"])
    assert assistant.uri.startswith("urn:") and plant.uri.startswith("urn:") and assistant.uri != plant.uri
    assert assistant.ends - assistant.begins == pytest.approx(10 * DAY, abs=600)
    for name in ("assistant.key.pem", "plant.key.pem"):
        assert (tmp_path / "made" / name).stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_no_authority_and_names_the_hosts(tmp_path: Path) -> None:
    from cryptography import x509

    make(tmp_path, days=10, hosts=["plc-7", "192.0.2.7"])
    for name, hosts in (("assistant.der", []), ("plant.der", ["plc-7", "localhost"])):
        one = x509.load_der_x509_certificate((tmp_path / name).read_bytes())
        assert one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
        assert one.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert set(hosts) <= set(names.get_values_for_type(x509.DNSName))


def test_accounts_come_whole_from_the_environment() -> None:
    assert security.accounts({}) == (None, None)
    commander, observer = security.accounts(certified.ENV)
    assert (commander, observer) == (certified.COMMANDER, certified.OBSERVER)
    both = {security.USER: "line", security.PASSWORD: "x"}
    assert security.accounts(both)[1] == security.accounts(both)[0]
    with pytest.raises(UsageError, match="_PASSWORD"):
        security.accounts({security.USER: "line"})


def test_no_secret_is_in_what_is_printed_of_a_link() -> None:
    shown = repr(certified.the_assistants())
    assert "canary" not in shown and "PRIVATE" not in shown
