"""Customer health scores of every day, built in the night after it."""

import json
from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException

ZONE = pendulum.timezone("UTC")  # `time_zone` of hale.yml


def closed_day(dag_run):
    """The day that had just closed when the run became due. Runs that an asset starts have no interval and no `ds`."""
    due = dag_run.data_interval_end or dag_run.run_after
    return due.astimezone(ZONE).date() - timedelta(days=1)


class HaleOperator(BashOperator):
    """Fails at once where the project (1), the call (2) or the data (3) are wrong: trying again would change nothing."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowException as failed:
            process = self.subprocess_hook.sub_process
            if process is not None and process.returncode in (1, 2, 3):
                raise AirflowFailException(str(failed)) from failed
            raise


with DAG(
    "hale_daily",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
    catchup=False,
    max_active_runs=3,  # days can be built at the same time
    user_defined_macros={"closed_day": closed_day},
) as dag:
    HaleOperator(
        task_id="health_scores",
        # Exit code 99 skips the day whose sources are not there. `retry` in place of `skip` ends with 75 and tries again.
        bash_command="hale run --as-of {{ closed_day(dag_run) }} --if-not-ready skip --json --log json",
        # Airflow's Variables, or AIRFLOW_VAR_HALE_PROJECT, … in its environment.
        env={
            "HALE_PROJECT": "{{ var.value.hale_project }}",
            "HALE_SOURCES": "{{ var.value.hale_sources }}",
            "HALE_OUT": "{{ var.value.hale_out }}",
        },
        append_env=True,
        output_processor=json.loads,  # the last line: what was published, for tasks that follow
        retries=3,
        retry_delay=timedelta(minutes=10),
    )
