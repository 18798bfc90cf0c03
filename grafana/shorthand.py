"""What stands for more in the expressions of boards."""

import functools
from collections.abc import Mapping

from pgvitals.agenda import shipped

_BY = "by (job, instance, target, datname)"
_STATE = f"""
  0 * max {_BY} (pgvitals_target_state{{%s,state="unmet"}} == 1)
or
  max {_BY} (pgvitals_target_reason{{%s,kind="lost",reason!="stale"}})
or
  2 * max {_BY} (pgvitals_target_reason{{%s,reason="stale"}})
or
  3 * max {_BY} (pgvitals_target_state{{%s,state="not_evaluated"}} == 1)
or
  4 * (
    max {_BY} (pgvitals_target_state{{%s,state="met"}} == 1)
    and max {_BY} (pgvitals_target_info{{%s,evidence="proxy"}})
  )
or
  5 * max {_BY} (pgvitals_target_state{{%s,state="met"}} == 1)
or
  6 * max {_BY} (pgvitals_target_state{{%s,state="not_applicable"}} == 1)
""".strip()
"""The states of targets as numbers, the worst the lowest; states.yaml has their words."""


def written(expr: str) -> str:
    """An expression as Grafana gets it."""
    for short, long in _every().items():
        expr = expr.replace(short, long)
    return expr.strip()


@functools.cache
def _every() -> Mapping[str, str]:
    """In the order of putting them in: some have others in them."""
    return {
        "$target_state": f"({_STATE.replace('%s', '$database')})",
        "$ratios": "|".join(t.id for t in shipped().values() if t.measure == "ratio"),
        **{f"$in_{pillar}": "|".join(ids) for pillar, ids in _pillars().items()},
        "$database": '$server,datname=~"$datname|"',
        "$server": 'job=~"$job",instance=~"$instance"',
    }


def _pillars() -> Mapping[str, list[str]]:
    """The targets of each pillar."""
    pillars = dict.fromkeys(target.pillar for target in shipped().values())
    return {p: [t.id for t in shipped().values() if t.pillar == p] for p in pillars}
