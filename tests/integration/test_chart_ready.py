"""The chart's `helm test`: what its pod runs, beside a pgvitals that runs."""

import subprocess
import sys

from support import chart
from support.daemon import Daemon
from support.servers import Server

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def tried(daemon: Daemon) -> subprocess.CompletedProcess[str]:
    """The command of the pod, with the daemon's address in place of the Service's."""
    (pod,) = chart.render({"instances": {"shop": {"host": "shop-rw"}}}).hooks()
    (container,) = pod["spec"]["containers"]
    _, *arguments = container["command"]
    where = "{}:{}".format(*daemon.addresses[0])
    told = [said.replace("http://shop-pgvitals:9187/", f"http://{where}/") for said in arguments]
    return subprocess.run([sys.executable, *told], capture_output=True, text=True, timeout=90)


def test_it_is_green_beside_a_server_that_is_up(newest: Server) -> None:
    with Daemon(environment={"DATA_SOURCE_NAME": newest.dsn()}) as daemon:
        done = tried(daemon)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("ready\n\npg_up 1\n")


def test_it_is_red_where_no_server_answers() -> None:
    with Daemon(environment={"DATA_SOURCE_NAME": NOWHERE}) as daemon:
        done = tried(daemon)
    assert done.returncode == 1
    assert "a server is down" in done.stderr
