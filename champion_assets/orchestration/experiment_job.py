"""The job `experiment`: `champion experiment` from Dagster's launchpad.

What belongs here: its configuration and what the run shows. What does not: the trials (`experiments/`). Annotations are
read by Dagster as the module is imported, so they are real types here.
"""

import dagster as dg
from pydantic import Field

from champion_assets.orchestration.resources import settings_of_run


class ExperimentConfig(dg.Config):
    """A strategy file, as its text; see docs/experiments.md."""

    text: str = Field(description="The YAML of a strategy file")
    name: str = Field("experiment", description="Name of the experiment, if the text has none")


@dg.op(
    description="Runs trials of strategies on the lake and compares them. The daily portfolio is not changed.",
    required_resource_keys={"lake", "mlflow"},
)
def run_trials(context: dg.OpExecutionContext, config: ExperimentConfig) -> None:
    """See champion_assets/experiments."""
    from champion_assets.experiments.plan import ExperimentError, parse_trials
    from champion_assets.experiments.run import run_experiment

    settings = settings_of_run(context.resources)
    try:
        name, trials = parse_trials(config.text, "the run's configuration", config.name, settings)
        outcome = run_experiment(
            settings, name, trials, done=lambda each: context.log.info(f"{each.label}: {each.error or each.figures}")
        )
    except ExperimentError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    failed = [f"{each.label}: {each.error}" for each in outcome.results if each.error]
    context.add_output_metadata(
        {"comparison": dg.MetadataValue.text(outcome.page), "trials": len(outcome.results), "failed": len(failed)}
    )
    if failed or outcome.untracked:
        raise dg.Failure("\n".join([*failed, *filter(None, [outcome.untracked])]), allow_retries=False)


@dg.job(description="Runs the trials of an experiment on the lake. The daily portfolio is not changed.")
def experiment() -> None:
    """The job of `run_trials`."""
    run_trials()
