"""Logins: exactly what was written reaches libpq, and no secret reaches anybody else."""

import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.issuer import PATIENCE
from pgvitals.login import LIMIT, Login, connect_timeout
from pgvitals.outcome import CredentialError
from unit.material import CHARACTERS, complaint, quick
from unit.material import some_text as values

hard = "a b'c\\d\"e@f/g:h?i#j%k&l=m,n;o+p$q{r}s[t]u|v<w>x^y~z!*()\t\n\u00e9\u4e2d\U0001f418"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


def as_url(user: str, password: str, host: str, dbname: str, options: str) -> str:
    user, password, host, dbname, options = (
        quote(part, safe="") for part in (user, password, host, dbname, options)
    )
    return f"postgresql://{user}:{password}@{host}:5433/{dbname}?options={options}"


def as_pairs(**given_: str) -> str:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"

    return " ".join(f"{key}={quoted(value)}" for key, value in given_.items())


def written(login: Login) -> dict[str, object]:
    """What the login was given, without what it adds."""
    added = ("application_name", "client_encoding", "connect_timeout", "autocommit")
    return {
        key: value
        for key, value in login.parameters().items()
        if key not in (*added, "prepare_threshold")
    }


@quick
@given(values, values, values, values, values)
@example(hard, hard, hard, hard, hard)
def test_a_url_gives_exactly_what_was_put_in(
    user: str, password: str, host: str, dbname: str, options: str
) -> None:
    assert written(Login(as_url(user, password, host, dbname, options))) == {
        "user": user,
        "password": password,
        "host": host,
        "port": "5433",
        "dbname": dbname,
        "options": options,
    }


@quick
@given(values, values, values, values, values)
@example(hard, hard, hard, hard, hard)
def test_key_and_value_pairs_give_exactly_what_was_put_in(
    user: str, password: str, host: str, dbname: str, options: str
) -> None:
    put = {
        "user": user, "password": password, "host": host, "dbname": dbname, "options": options
    }  # fmt: skip
    assert written(Login(as_pairs(**put))) == put


@quick
@given(st.fixed_dictionaries(dict.fromkeys(("user", "password", "host", "dbname"), values)))
@example(dict.fromkeys(("user", "password", "host", "dbname"), hard))
def test_keywords_give_exactly_what_was_put_in(put: dict[str, str]) -> None:
    assert written(Login("", put)) == put


def test_keywords_win_over_the_text() -> None:
    login = Login("host=a user=b", {"host": "c"})
    assert written(login) == {"host": "c", "user": "b"}


def test_a_login_adds_only_what_a_guest_needs() -> None:
    assert Login("host=a").parameters() == {
        "application_name": "pgvitals",
        "host": "a",
        "client_encoding": "UTF8",
        "connect_timeout": int(LIMIT),
        "autocommit": True,
        "prepare_threshold": None,
    }


def test_a_name_for_the_application_can_be_given_and_the_encoding_cannot() -> None:
    given_ = Login("application_name=mine client_encoding=LATIN1 connect_timeout=90").parameters()
    assert given_["application_name"] == "mine"
    assert (given_["client_encoding"], given_["connect_timeout"]) == ("UTF8", 4)


@pytest.mark.parametrize(("hosts", "seconds"), [("a", 4), ("a,b", 2), ("a,b,c", 2), ("", 4)])
def test_several_hosts_share_the_time(hosts: str, seconds: int) -> None:
    assert Login("", {"host": hosts}).parameters()["connect_timeout"] == seconds


@pytest.mark.parametrize(("waited", "seconds"), [(0.0, 4), (0.3, 4), (1.2, 3), (PATIENCE, 2)])
def test_who_waited_for_a_token_has_less_time_to_connect(waited: float, seconds: int) -> None:
    assert connect_timeout(waited) == seconds


def test_another_database_can_be_entered_with_the_same_login() -> None:
    login = Login("host=a dbname=b")
    assert login.parameters("it's a \\ db")["dbname"] == "it's a \\ db"
    assert login.parameters("")["dbname"] == ""
    assert login.parameters()["dbname"] == "b"


@pytest.mark.parametrize(
    ("dsn", "name"),
    [
        ("", "localhost:5432"),
        ("host=db port=6432", "db:6432"),
        ("hostaddr=10.0.0.1", "10.0.0.1:5432"),
        ("host=db hostaddr=10.0.0.1", "db:5432"),
        ("postgresql://u:p@db.example/x", "db.example:5432"),
        ("postgresql://[::1]:5433/x", "::1:5433"),
        ("host=/var/run/postgresql", "/var/run/postgresql:5432"),
        ("postgres://a:1,b:2/x", "a,b:1,2"),
    ],
)
def test_the_server_is_named_by_host_and_port(dsn: str, name: str) -> None:
    assert Login(dsn).server == name


def test_a_login_of_the_environment_is_named_by_where_that_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "env.example")
    assert Login().server == "env.example:5432"
    services = tmp_path / "services"
    services.write_text("[shop]\nhost=a.example\nport=6432\ndbname=d\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    login = Login("service=shop")
    assert (login.server, login.database) == ("a.example:6432", "d")
    assert written(login) == {"service": "shop", "host": "a.example", "port": "6432"}
    services.write_text("[shop]\nhost=b.example,c.example\n")
    assert login.parameters()["connect_timeout"] == 2
    assert login.server == "b.example,c.example:5432"


def test_a_service_that_is_not_there_yet_is_missed_at_each_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    login = Login("service=shop")
    with pytest.raises(CredentialError, match="not found"):
        login.parameters()
    services.write_text("[shop]\nhost=a.example\n")
    assert login.parameters()["host"] == "a.example"


def test_a_ca_without_a_mode_means_to_verify_the_server() -> None:
    assert written(Login("host=a sslrootcert=/ca"))["sslmode"] == "verify-full"
    assert written(Login("host=a sslrootcert=/ca sslmode=require"))["sslmode"] == "require"
    assert "sslmode" not in written(Login("host=a"))


def test_logins_are_equal_when_they_lead_to_the_same_place_in_the_same_way() -> None:
    assert Login("host=a user=b") == Login("postgresql://b@a")
    assert Login("host=a") != Login("host=a user=b")
    assert Login("host=a", password_file="/x") != Login("host=a", password_file="/y")
    assert Login("host=a", password_command=["x"]) == Login("host=a", password_command=("x",))
    assert Login("host=a", password_command=["x"]) != Login("host=a", password_command=["y"])
    assert Login("host=a", password_lifetime=5) != Login("host=a", password_lifetime=6)
    assert Login("host=a") != "host=a"


def test_a_password_file_is_read_at_each_login(tmp_path: Path) -> None:
    file = tmp_path / "password"
    login = Login("host=a", password_file=str(file))
    for password in ("first", "it's\\ hard"):
        file.write_text(f"{password}\n", "utf-8")
        assert login.parameters()["password"] == password


def test_a_password_file_that_is_not_there_is_named_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "absent"
    with pytest.raises(CredentialError) as raised:
        Login("host=a", password_file=str(file)).parameters()
    assert str(raised.value) == f"password file {file}: No such file or directory"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"caf\xe9", "it is not UTF-8 text"),
        (b"a\0b", "it has a NUL"),
    ],
)
def test_a_password_file_without_a_password_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(CredentialError) as raised:
        Login("host=a", password_file=str(file)).parameters()
    assert str(raised.value) == f"password file {file}: {reason}"


MARK = "S3CR3T"
secrets = values.map(lambda text: MARK + text)
SHAPES = [
    "{0}",
    "host=h password={0}",
    "host=h password='{0}",
    "host=h password={0} nope=1",
    "password = {0} host",
    "postgresql://u:{0}@h/d",
    "postgresql://u:{0}@[h/d",
    "postgresql://u:{0}@h/d?nope=1",
    "postgresql://u:%zz{0}@h/d",
    "postgres:/u:{0}@h/d",
    "mysql://u:{0}@h/d",
]
tame = st.text([c for c in CHARACTERS if c not in "\0@/:,[]"], max_size=30)


@quick
@given(tame, st.sampled_from(SHAPES))
def test_no_secret_is_in_what_is_shown_of_a_login_or_said_about_a_wrong_one(
    text: str, shape: str
) -> None:
    dsn = shape.format(MARK + text)
    if said := complaint(lambda: Login(dsn)):
        assert MARK not in said
    else:
        assert MARK not in repr(Login(dsn))
        assert MARK not in Login(dsn).server


@pytest.mark.parametrize(
    "dsn", [f"postgresql://u:x@{MARK}@h/d", f"postgresql://u:{MARK}/x@h/d", f"postgres://u:{MARK}/"]
)
def test_a_password_that_should_have_been_quoted_does_not_become_a_host(dsn: str) -> None:
    assert MARK not in (complaint(lambda: Login(dsn)) or Login(dsn).server)


def test_the_traceback_of_a_wrong_connection_string_does_not_show_it_either() -> None:
    with pytest.raises(ValueError, match="no connection string") as raised:
        Login(f"host=h password={MARK} nope")
    assert MARK not in "".join(traceback.format_exception_only(raised.value))
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)


@pytest.mark.parametrize("key", ["nope", "hots", "passwort"])
def test_a_keyword_that_libpq_does_not_know_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=key):
        Login("", {key: "x"})


def test_a_keyword_that_is_an_argument_of_the_parser_is_refused() -> None:
    with pytest.raises(ValueError, match="conninfo"):
        Login("", {"conninfo": "x"})


def test_a_text_is_not_cut_at_a_nul() -> None:
    with pytest.raises(ValueError, match="no connection string"):
        Login("host=a\0password=b")
    with pytest.raises(ValueError, match="no connection string"):
        Login("", {"password": "a\0b"})


@quick
@given(secrets, st.sampled_from(["password", "sslpassword"]))
def test_every_secret_is_hidden_in_a_text(secret: str, key: str) -> None:
    login = Login("host=h", {key: secret})
    scrubbed = login.scrub(f'FATAL: "{secret}" is wrong, {secret}')
    assert scrubbed == 'FATAL: "(hidden)" is wrong, (hidden)'


def test_a_long_text_is_cut_after_its_secrets_are_hidden() -> None:
    scrubbed = Login("host=h password=secret").scrub("x" * 297 + "secret" + "y" * 1000)
    assert scrubbed == "x" * 297 + "(hi"


def test_a_text_without_secrets_is_left_alone() -> None:
    assert Login("host=h").scrub("nothing (hidden) here") == "nothing (hidden) here"


def test_a_secret_that_begins_like_another_is_hidden_whole() -> None:
    both: Mapping[str, str] = {"password": "abc", "sslpassword": "abcdef"}
    assert Login("", both).scrub("abcdef abc") == "(hidden) (hidden)"


def test_the_password_of_a_file_is_hidden_too(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from-the-file", "utf-8")
    login = Login("host=h", password_file=str(file))
    login.parameters()
    assert login.scrub("x from-the-file y") == "x (hidden) y"


def test_passwords_of_before_are_hidden_too(tmp_path: Path) -> None:
    file = tmp_path / "password"
    login = Login("host=h", password_file=str(file))
    for password in ("first-one", "next-one"):
        file.write_text(password, "utf-8")
        login.parameters()
    assert login.scrub("x first-one y next-one z") == "x (hidden) y (hidden) z"


def test_secrets_of_service_and_environment_are_hidden_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "of-environment")
    assert Login("host=h").scrub("x of-environment y") == "x (hidden) y"
    services = tmp_path / "services"
    services.write_text("[shop]\nhost=a.example\npassword=of-service\nsslpassword=of-key\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    assert Login("service=shop").scrub("x of-service y of-key") == "x (hidden) y (hidden)"


def test_the_token_of_a_command_is_the_password_and_hidden() -> None:
    login = Login("host=a", password_command=["echo", "of-the-command"])
    assert login.parameters()["password"] == "of-the-command"
    assert login.scrub("x of-the-command y") == "x (hidden) y"
    assert login.problem == ""


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('FATAL:  password authentication failed for user "a"', 2),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", 2),
        ("connection failed: Connection refused", 1),
        ("FATAL:  sorry, too many clients already", 1),
    ],
)
def test_a_refused_token_is_asked_for_again(tmp_path: Path, text: str, asked: int) -> None:
    script = f"echo >> {tmp_path}/asked; wc -c < {tmp_path}/asked"
    login = Login("host=a", password_command=["/bin/sh", "-c", script])
    assert login.parameters()["password"] == "1"
    login.failed(psycopg.OperationalError(text))
    assert login._issuer is not None
    login._issuer._lease.not_before = 0.0
    assert login.parameters()["password"] == str(asked)


def test_what_is_wrong_with_a_command_is_said() -> None:
    login = Login("host=a", password_command=["false"])
    with pytest.raises(CredentialError, match="password_command false: it ended with 1"):
        login.parameters()
    assert login.problem == "password_command false: it ended with 1"


NO_PASSWORD = psycopg.OperationalError("connection failed: fe_sendauth: no password supplied")


def test_a_passfile_that_libpq_passed_over_is_told(tmp_path: Path) -> None:
    file = tmp_path / "passfile"
    file.write_text("*:*:*:*:x\n")
    file.chmod(0o644)
    login = Login(f"host=a passfile={file}")
    with pytest.raises(CredentialError, match=f"passfile {file}: found mode 0644, expected 0600"):
        login.failed(NO_PASSWORD)
    file.chmod(0o600)
    with pytest.raises(CredentialError, match="it has no line for this login"):
        login.failed(NO_PASSWORD)
    Login("host=a").failed(NO_PASSWORD)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"password_file": "/x"}, "found a password and a password_file, expected one of them"),
        ({"password_command": ["x"]}, "found a password and a password_command, expected one"),
    ],
)
def test_one_password_is_enough(more: dict[str, Any], said: str) -> None:
    assert complaint(lambda: Login("host=a password=x", **more)).startswith(said)
    both: dict[str, Any] = {"password_file": "/x", "password_command": ["x"]}
    assert "password_file and a password_command" in complaint(lambda: Login("host=a", **both))
