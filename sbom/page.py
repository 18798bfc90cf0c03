"""docs/licences.md: the licences of what the image adds to its base."""

from collections.abc import Iterable
from pathlib import Path

from sbom.part import Part

_HEAD = (Path(__file__).parent / "page.md").read_text("utf-8")


def page(parts: Iterable[Part]) -> str:
    """The page; pgvitals itself is left out, for its licence stands beside it."""
    every = [part for part in parts if part.name != "pgvitals"]
    packages = [part for part in every if not part.inside]
    inside = [part for part in every if part.inside]
    lacking = [part for part in every if not part.texts]
    owners = sorted({part.inside or part.name for part in lacking})
    return _HEAD.format(
        packages="\n".join(f"| {p.name} | {p.version} | {_licence(p)} |" for p in packages),
        inside="\n".join(
            f"| {p.name} | {p.version or 'unknown'} | {_licence(p)} | {p.inside} |" for p in inside
        ),
        lacking="\n".join(f"- {owner}: {_names(lacking, owner)}" for owner in owners),
    )


def _names(lacking: Iterable[Part], owner: str) -> str:
    return ", ".join(p.name for p in lacking if owner in (p.inside, "" if p.inside else p.name))


def _licence(part: Part) -> str:
    return ", ".join(part.licences) or "unknown"
