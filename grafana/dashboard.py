"""A board as the JSON of a Grafana dashboard, of the classic kind that files provision."""

import itertools

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from grafana import panel, variable
from grafana.board import Board

TAG = "pgvitals"


def dashboard(board: Board) -> str:
    """The text of the file, the same for the same board."""
    made = build.Dashboard(board.title).uid(board.uid).description(board.description)
    made.tags([TAG, "postgresql"]).readonly().timezone("browser").refresh("1m")
    made.time(board.window, "now").tooltip(model.DashboardCursorSync.CROSSHAIR)
    made.links([_others()]).variables(list(variable.variables(board))).version(1)
    _fill(made, board)
    return JSONEncoder(sort_keys=True, indent=1).encode(made.build()) + "\n"


def _others() -> build.DashboardLink:
    """A way to each of our dashboards, with the same server and time."""
    link = build.DashboardLink("pgvitals").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.include_vars(True).keep_time(True).as_dropdown(False)


def _fill(made: build.Dashboard, board: Board) -> None:
    numbers = itertools.count(1)
    for row in board.rows:
        made.with_row(build.Row(row.title).id(next(numbers)))
        for shown in row.shown:
            made.with_panel(panel.panel(shown, next(numbers), board))
