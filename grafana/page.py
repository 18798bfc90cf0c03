"""The page about the dashboards: which there are, what panels show, and which shows what was promised."""

from collections.abc import Iterator
from pathlib import Path

from grafana.board import Board, every_board
from pgvitals import agenda
from pgvitals.markdown import table

_PREFACE = Path(__file__).with_name("page.md")
_WORKFLOW = """\
## What the document asks for

Workflow 6 of the document has checks (6.1), and wants them on one dashboard (6.2). Its twenty promises are
targets.
"""
ITEMS = {
    "6.1 active queries": "active queries over 5 seconds",
    "6.1 table health": "table health: sizes, dead rows, last vacuum and analyze",
    "6.1 index usage": "index usage: ACTIVE, LOW or UNUSED",
    "6.1 RLS audit": "RLS audit: DISABLED, NO POLICIES, FEW or GOOD",
    "6.2 slow queries": "slow queries",
    "6.2 table health": "table health",
    "6.2 index usage": "index usage",
    "6.2 RLS audit": "RLS audit",
    "6.2 connections by state": "connections by state",
    "6.2 database size": "database size",
}
"""What workflow 6 of the document asks for, as panels name it."""


def page() -> str:
    """The Markdown."""
    order = sorted(every_board(), key=lambda board: board.place)
    listed = table(("dashboard", "what it is for"), (_line(board) for board in order))
    asked = table(("the document", "dashboard", "panel"), _answers(order))
    lines = [_PREFACE.read_text("utf-8"), *listed, _WORKFLOW, *asked]
    for board in order:
        lines += [f"## {board.title}", "", _picture(board), ""]
        lines += table(("panel", "what it says"), _panels(board))
    return "\n".join(lines).rstrip() + "\n"


def _line(board: Board) -> tuple[str, str]:
    return f"[{board.title}](#{_anchor(board)})", board.description


def _anchor(board: Board) -> str:
    return board.title.lower().replace(",", "").replace(" ", "-")


def _picture(board: Board) -> str:
    return f"![{board.title}, of a server full of faults.](pictures/{board.uid}.png)"


def _panels(board: Board) -> Iterator[tuple[str, str]]:
    for panel in board.panels:
        yield f"[{panel.title}](runbooks/{panel.runbook}.md)", panel.description


def _answers(order: list[Board]) -> Iterator[tuple[str, ...]]:
    """Each item and each promise, with every panel that shows it."""
    asked = {item: (f"{item.partition(' ')[0]} {what}", item) for item, what in ITEMS.items()}
    asked |= {t.id: (f"{t.number}. {t.document}", t.pillar) for t in agenda.shipped().values()}
    for item, (what, wider) in asked.items():
        for board in order:
            shown = [p.title for p in board.panels if {item, wider} & set(p.answers)]
            if shown:
                yield what, f"[{board.title}](#{_anchor(board)})", "; ".join(shown)
