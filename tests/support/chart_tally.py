"""What `make chart` says at its end: how much was rendered and checked, and whether all of it is right.

python -m support.chart_tally
"""

import sys
import time

from support import chart, chart_cases, chart_checks, chart_schema


def main() -> None:
    """Render every case, check it, and print the counts; exits with 1 when something is wrong."""
    began = time.monotonic()
    cases = [chart_cases.rendered(choices) for choices in chart_cases.pairs()]
    cases += [chart_cases.example(name) for name in chart_cases.examples()]
    problems = [f"{case.case}: {said}" for case in cases for said in chart_checks.problems(case)]
    print(*problems, sep="\n", end="\n" if problems else "")
    took = time.monotonic() - began
    pods = sum(len(list(case.pods())) for case in cases)
    objects = sum(len(case.objects) for case in cases)
    print(
        f"{len(chart.data('wrong'))} wrong values refused, {len(chart.data('faults'))} faults seen;"
        f" {len(cases)} renderings ({len(chart_cases.pairs())} of pairs, {len(chart_cases.examples())}"
        f" examples) with {objects} objects and {pods} pods"
    )
    print(
        f"{chart_schema.counted()} validations of different objects, against Kubernetes"
        f" {', '.join(chart_schema.VERSIONS)} and the operator; {took:.1f} s, {len(problems)} problems"
    )
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
