"""The image: what is in it, and that its program runs as Kubernetes would run it."""

import os
import pwd
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pgvitals import __version__, threshold
from support import image
from support.cluster import free_port
from support.image import Container
from support.servers import Server, launch
from support.start import Start, end, start

CHANGES = {
    "A": r"/opt/pgvitals(/.*)?|/usr/.*/__pycache__(/.*)?",
    "C": r"/opt|/usr(/.*)?",  # the directories of these
    "D": r"/usr/local/.*pip.*",
}
COMPILERS = ["cc", "gcc", "g++", "c++", "clang", "tcc", "ld", "as", "make", "cargo", "go"]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The image."""
    image.provide()


@pytest.fixture(scope="module")
def container(newest: Server) -> Iterator[Container]:
    """The program, watching the newest server, on a root that cannot be written to."""
    with Container({"DATA_SOURCE_NAME": newest.dsn()}, "--read-only-tmpfs=false") as running:
        yield running.wait_ready()


def test_the_image_says_what_it_is() -> None:
    config = image.inspect(image.NAME)["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["pgvitals", "run"]
    assert not config.get("Cmd")
    assert set(config["ExposedPorts"]) == {"9187/tcp"}
    assert config["Labels"]["org.opencontainers.image.version"] == __version__
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert config["Labels"]["org.opencontainers.image.base.name"] == image.BASE


def test_only_the_program_is_added_to_the_base() -> None:
    changes = image.changes()
    assert ("A", "/opt/pgvitals") in changes
    assert [(k, path) for k, path in changes if not re.fullmatch(CHANGES[k], path)] == []


def test_nothing_that_installs_or_compiles_is_in_it() -> None:
    tools = "( -name pip* -o -name ensurepip -o -name setuptools* -o -name hatchling* )"
    assert image.inside("find", "/opt", "/usr/local", *tools.split()) == ""
    named = " -o ".join(f"-name {name}" for name in COMPILERS)
    assert image.inside("find", "/usr/bin", "/usr/local/bin", *named.split()) == ""


def test_nothing_tells_where_and_how_it_was_built() -> None:
    told = "/pgvitals-(source|tools|program)|BEGIN [A-Z ]*PRIVATE KEY|index-url"
    assert image.inside("sh", "-c", f"grep -rlE '{told}' /opt /usr/local/lib || true") == ""
    ours, base = (image.inspect(name)["Config"].get("Env", []) for name in (image.NAME, image.BASE))
    names = {variable.partition("=")[0] for variable in set(ours) - set(base)}
    assert names == {"PATH", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE"}


def test_its_user_can_write_to_nothing_but_temporary_directories() -> None:
    writable = image.inside("sh", "-c", "find / -xdev ! -type l -writable 2>/dev/null || true")
    assert set(writable.split()) <= {"/tmp", "/var/tmp", "/run/lock"}


def test_all_that_the_program_loads_is_compiled(newest: Server) -> None:
    environment = {"DATA_SOURCE_NAME": newest.dsn()}
    with Container(environment, "--env=PYTHONVERBOSE=1") as telling:
        pages = [telling.wait_ready().get(path)[0] for path in ("/", "/metrics", "/-/healthy")]
        assert telling.stop() == 0
        said = telling.log
    assert pages == [200, 200, 200]
    assert re.search(r"code object from '\S*/pgvitals/__pycache__/daemon\S*\.pyc'", said)
    assert re.findall(r"code object from (\S+\.py)\n", said) == []


def test_other_commands_run_too() -> None:
    assert image.inside("pgvitals", "version") == f"pgvitals {__version__}\n"
    assert "queries are right" in image.inside("pgvitals", "validate")


def test_the_rules_with_the_thresholds_of_alerts_are_in_it() -> None:
    listing = "from pgvitals import threshold; print(*threshold.names())"
    assert image.inside("python3", "-c", listing).split() == list(threshold.names())


def test_it_serves_what_it_sees_of_a_server(container: Container) -> None:
    status, page = container.get("/metrics")
    assert status == 200
    assert "\npg_up 1\n" in page
    assert "pg_stat_database_numbackends{" in page


def test_it_runs_as_process_1_without_any_privilege(container: Container) -> None:
    status = Path(f"/proc/{container.state['Pid']}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["NStgid"].split()[-1] == "1"
    assert set(fields["Uid"].split() + fields["Gid"].split()) == {"65532"}
    assert int(fields["CapEff"] + fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


def test_it_would_write_nothing_on_a_root_that_lets_it(newest: Server) -> None:
    with Container({"DATA_SOURCE_NAME": newest.dsn()}, "--read-only=false") as writable:
        writable.wait_ready()
        assert writable.stop() == 0
        written = set(image.podman("diff", writable.id).split()) - {"A", "C"}
    assert written <= {"/etc", "/etc/passwd", "/etc/group"}  # the engine names the user there


def test_it_is_small_and_starts_and_ends_soon(newest: Server) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = {"DATA_SOURCE_NAME": newest.dsn()}
    with Container(environment, "--read-only-tmpfs=false", address=address) as running:
        began = start(running, address)
        ended = end(running)
        assert int(image.podman("wait", running.id)) == 0
    report(began, ended)
    assert ended < 5
    assert began.healthy < 10
    assert began.full < 20
    assert began.peak < 96
    assert sum(layer.size for layer in image.layers()) < 32


def report(began: Start, ended: float) -> None:
    base = image.inspect(image.BASE)["Size"] / 1e6
    whole = sum(layer.size for layer in image.layers())
    print(f"\nimage: {whole:.1f} MB on a base of {base:.0f} MB")
    for layer in image.layers():
        print(f"  {layer.size:5.2f} MB  {layer.step[:90]}")
    print(
        f"  from the start of its process: healthy {began.healthy:.2f} s, ready {began.ready:.2f} s,"
        f" full page {began.full:.2f} s; peak {began.peak:.0f} MB; ended {ended:.2f} s after SIGTERM"
    )


def test_a_new_program_is_a_small_layer_on_top_of_its_packages() -> None:
    sizes = [layer.size for layer in image.layers()]
    assert len(sizes) == 4
    assert sum(sizes[2:]) < 4


@pytest.mark.parametrize("after", [0.2, 0.4, 0.8])
def test_it_ends_when_it_is_told_to_while_it_still_loads(newest: Server, after: float) -> None:
    with Container({"DATA_SOURCE_NAME": newest.dsn()}) as starting:
        time.sleep(after)
        told = time.monotonic()
        assert starting.stop() in (0, 143)
        assert time.monotonic() - told < 5


def test_it_says_what_is_wrong_and_leaves() -> None:
    with Container({"DATA_SOURCE_NAME": ""}) as confused:
        assert int(image.podman("wait", confused.id)) == 2
        assert "DATA_SOURCE_NAME" in confused.log


@pytest.fixture
def certified(local_majors: list[int]) -> Iterator[tuple[Server, Path]]:
    """A server with TLS, and its certificate, which is that of its CA too."""
    nobody = pwd.getpwnam("nobody")
    with TemporaryDirectory() as home, closing(launch(min(local_majors))) as server:
        certificate, key = Path(home, "certificate"), Path(home, "key")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj=/CN=test"]
        files = [
            "-addext=subjectAltName=IP:127.0.0.1",
            "-out",
            str(certificate),
            "-keyout",
            str(key),
        ]
        subprocess.run([*command, *files], check=True, capture_output=True)
        Path(home).chmod(0o755)
        os.chown(key, nobody.pw_uid, nobody.pw_gid)
        server.configure(restart=True, ssl=True, ssl_cert_file=certificate, ssl_key_file=key)
        yield server, certificate


def test_it_knows_the_cas_of_the_system(certified: tuple[Server, Path]) -> None:
    server, certificate = certified
    dsn = server.dsn(sslmode="verify-full", sslrootcert="system")
    as_ca = f"--volume={certificate}:{image.CAS}:ro"
    with Container({"DATA_SOURCE_NAME": dsn}, as_ca) as trusting:
        assert "\npg_up 1\n" in trusting.wait_ready().get("/metrics")[1]
    with Container({"DATA_SOURCE_NAME": dsn}) as strict:
        assert "\npg_up 0\n" in strict.wait_ready().get("/metrics")[1]
