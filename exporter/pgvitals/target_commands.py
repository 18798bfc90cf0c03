"""The commands that are about targets: check, baseline, targets."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pgvitals import check, exemption, flags, settings
from pgvitals.assessment import FINDINGS, Assessment
from pgvitals.check import Report
from pgvitals.config import Config, InstanceConfig, Loaded
from pgvitals.exemption import Exemptions
from pgvitals.formats import FORMATS
from pgvitals.measuring import LISTED
from pgvitals.terminal import HELP, UNKNOWN, USAGE, WRONG, complaints, dsn_option, leave, reaching


@click.command("check", context_settings=HELP)
@dsn_option
@flags.config_file
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    help="How to say it. Default text.",
)
@click.option(
    "--target", "only", multiple=True, metavar="ID", help="Check this one; may be repeated."
)
@click.option(
    "--fail-on",
    type=click.Choice(["unmet", "not_evaluated"]),
    default="unmet",
    help="Leave with 3 also for what could not be evaluated. Default unmet.",
)
def check_command(
    dsn: str | None, config_file: Path | None, form: str, only: tuple[str, ...], fail_on: str
) -> None:
    """Assess the targets once, and say which are met.

    Exit codes: 0 nothing is unmet; 1 something is; 2 the command line, the configuration or the
    connection is wrong; 3 nothing is unmet, something was not evaluated, and --fail-on says so.
    """
    report = _report(dsn, config_file, only)
    click.echo(FORMATS[form](report), nl=False)
    summary = report.summary()
    if summary["unmet"]:
        sys.exit(WRONG)
    sys.exit(UNKNOWN if summary["not_evaluated"] and fail_on == "not_evaluated" else 0)


@click.command(context_settings=HELP)
@dsn_option
@flags.config_file
@click.option("--target", "only", multiple=True, metavar="ID", help="Of this one; may be repeated.")
@click.option("--reason", default="found by pgvitals baseline", help="The reason to note for each.")
def baseline(dsn: str | None, config_file: Path | None, only: tuple[str, ...], reason: str) -> None:
    """Print today's findings as exemptions: from then on only new ones count.

    Save them, and name the file under `exemptions` in the configuration; what is exempted there
    already stays.
    """
    if not reason:
        leave("--reason: found nothing, expected why the findings are accepted", USAGE)
    report = _report(dsn, config_file, only, most=LISTED)
    config, _ = _configured(dsn, config_file)
    kept = exemption.load(Path(config.exemptions)) if config.exemptions else Exemptions()
    evaluated = [c.verdict for c in report.checked if c.verdict.reason in ("", "incomplete")]
    short = [verdict for verdict in evaluated if verdict.findings and not verdict.complete]
    if short:
        named = ", ".join(f"{v.target.id} in {v.datname}: {v.found:,}" for v in short)
        leave(
            f"more findings than a baseline takes ({LISTED:,} a target): {named};"
            " leave such a target out with --target, and switch it off in the configuration",
            WRONG,
        )
    found = [(v.target.id, f) for v in evaluated for f in v.findings]
    today = datetime.now(UTC).date()
    click.echo(exemption.baseline(found, today, reason, kept), nl=False)
    click.echo(f"{len(found)} findings exempted, {len(kept.exemptions)} kept", err=True)


@click.command(context_settings=HELP)
@flags.config_file
def targets(config_file: Path | None) -> None:
    """List the twenty targets: what is asked, how it is known, and whether it may alert."""
    config, loaded = _configured("", config_file)
    for target in config.agenda_of(InstanceConfig(), loaded).targets:
        asked = f"{target.measure} {target.comparison} {target.threshold:g}"
        state = "" if target.implemented else ", not implemented yet"
        state += "" if target.enabled else ", not enabled"
        state += ", enforced" if target.enforced else ""
        click.echo(f"{target.number:2}  {target.id:22} {asked:16} {target.evidence}{state}")
        click.echo(f"    {target.document}: {target.description}")


def _configured(dsn: str | None, config_file: Path | None) -> tuple[Config, Loaded]:
    """The configuration with the one instance that is meant; without a file that of `dsn`."""
    with complaints():
        if config_file is None:
            return Config({"dsn": InstanceConfig(dsn or "")}), Loaded({})
        config, loaded = settings.load(config_file, dsn=dsn)
    if len(config.instances) > 1:
        named = ", ".join(config.instances)
        leave(f"found the instances {named} in {config_file}, expected one: pass --dsn", USAGE)
    return config, loaded


def _report(
    dsn: str | None, config_file: Path | None, only: tuple[str, ...], most: int = FINDINGS
) -> Report:
    config, loaded = _configured(dsn, config_file)
    [instance] = config.instances.values()
    of_all = config.agenda_of(instance, loaded)
    known = {target.id: target for target in of_all.targets}
    if unknown := [name for name in only if name not in known]:
        leave(f"no target {unknown[0]!r}, expected one of {', '.join(known)}", USAGE)
    wanted = of_all._replace(targets=[known[name] for name in dict.fromkeys(only or known)])
    try:
        login = instance.login()
    except ValueError as error:
        leave(f"--dsn: {error}", USAGE)
    with reaching(login):
        return check.run(login, wanted, _progress, databases=instance.databases, most=most)


def _progress(task: Assessment, done: int, total: int) -> None:
    """A line for who waits at a terminal, rubbed out at the end."""
    if sys.stderr.isatty():
        line = f"{done + 1} of {total}: {task.query.id} in {task.database}"
        click.echo(f"\r\x1b[K{line:.79}" if done + 1 < total else "\r\x1b[K", nl=False, err=True)


COMMANDS = (check_command, baseline, targets)
