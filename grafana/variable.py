"""What is chosen at the top of a dashboard."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from grafana.board import Board
from grafana.panel import DATASOURCE

DOCS = "docs"
"""Where runbooks are found, as alerts have it; whoever publishes them elsewhere puts that address here."""
ALL = model.VariableOption(text="All", value="$__all")


def variables(board: Board) -> Iterator[Builder[model.VariableModel]]:
    """The data source, the job, the server, perhaps the database, and where the runbooks are."""
    yield build.DatasourceVariable("datasource").label("Data source").type("prometheus")
    yield _several("job", "Job", f"label_values({board.jobs}, job)")
    servers = f"label_values({board.servers}, instance)"
    if board.instances == "many":
        yield _several("instance", "Server", servers)
    else:
        yield _query("instance", "Server", servers)
    if board.databases:
        databases = 'pg_stat_database_numbackends{job=~"$job",instance=~"$instance",datname!=""}'
        found = _several("datname", "Database", f"label_values({databases}, datname)")
        yield found.all_value(".*")  # a database that is gone, too
    yield build.TextBoxVariable("docs").default_value(DOCS).hide(model.VariableHide.HIDE_VARIABLE)


def _query(name: str, label: str, query: str) -> build.QueryVariable:
    """One of what a query finds, asked again whenever the time range changes."""
    made = build.QueryVariable(name).label(label).datasource(DATASOURCE)
    made.query({"query": query, "refId": name}).sort(model.VariableSort.ALPHABETICAL_ASC)
    return made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)


def _several(name: str, label: str, query: str) -> build.QueryVariable:
    made = _query(name, label, query).multi(True).include_all(True)
    return made.current(ALL)
