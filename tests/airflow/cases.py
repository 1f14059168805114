"""Runs the DAG once for each case of a JSON file, in one process, and writes how its task ended to another file.

A case has a `name` and the `variables` of Airflow; `logical_date`, or `run_after` for a run that has none; and may have
`if_not_ready`, and `lands`: a file that comes to its place, [from, to], once the first try has failed.
"""

import json
import os
import sys
from datetime import timedelta

os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "600"  # seconds, on a machine that does much else

import pendulum
from airflow.utils.cli import get_bagged_dag


def ended(case):
    for name, value in case["variables"].items():
        os.environ[f"AIRFLOW_VAR_{name.upper()}"] = value
    dag = get_bagged_dag(bundle_names=None, dag_id="hale_daily", dagfile_path=None)
    task = dag.get_task("health_scores")
    task.retry_delay = timedelta(milliseconds=1)
    if "if_not_ready" in case:
        task.bash_command = task.bash_command.replace("--if-not-ready skip", f"--if-not-ready {case['if_not_ready']}")
    if "lands" in case:
        task.on_retry_callback = [lambda _context: os.rename(*case["lands"])]
    when = {name: pendulum.parse(case[name]) for name in ("logical_date", "run_after") if name in case}
    run = dag.test(**{"logical_date": None, **when})
    [instance] = run.get_task_instances()
    return {
        "state": instance.state,
        "tries": instance.try_number,
        "xcom": instance.xcom_pull(task_ids=task.task_id),
    }


def closed(zone, due):
    """What the DAG takes for the day to build, of a run that is due then."""
    dag = get_bagged_dag(bundle_names=None, dag_id="hale_daily", dagfile_path=None)
    closed_day = dag.user_defined_macros["closed_day"]
    closed_day.__globals__["ZONE"] = pendulum.timezone(zone)
    run = type("Run", (), {"data_interval_end": None, "run_after": pendulum.parse(due)})
    return str(closed_day(run))


asked, answered = sys.argv[1:]
with open(asked) as file:
    asked = json.load(file)
answers = {case["name"]: ended(case) for case in asked["cases"]}
answers["closed"] = [closed(zone, due) for zone, due in asked["closed"]]
with open(answered, "w") as file:
    json.dump(answers, file)
