"""A backfill of days FROM to TO by a scheduler with three runs at a time; prints its runs, in JSON, as the last line.

The processes are those of a small installation: API server, DAG processor and scheduler, with LocalExecutor, on the SQLite of
AIRFLOW_HOME, which must hold the DAG.
"""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HOME = Path(os.environ["AIRFLOW_HOME"])
AIRFLOW = Path(sys.executable).with_name("airflow")
PATIENCE = 1800  # seconds


def free_port():
    """One that is free now, and not the one on which the scheduler serves logs."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    return port if port != 8793 else free_port()


def airflow(*words):
    said = subprocess.run([AIRFLOW, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert said.returncode == 0, f"airflow {' '.join(words)}\n{said.stdout}"


def start(*words):
    log = open(HOME / f"{words[0]}.log", "wb")
    return subprocess.Popen([AIRFLOW, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def stop(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its children as well


def until(what, true, processes):
    deadline = time.monotonic() + PATIENCE
    while not true():
        for process in processes:
            assert process.poll() is None, f"{process.args[1]} has ended, see {HOME}"
        assert time.monotonic() < deadline, f"{what}: not after {PATIENCE} s, see {HOME}"
        time.sleep(0.5)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/version", timeout=5):
            return True
    except OSError:
        return False


def rows(query):
    with sqlite3.connect(f"file:{HOME}/airflow.db?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query).fetchall()


def backfill(first, last):
    port = free_port()
    os.environ.update(
        {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db?timeout=120",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(PATIENCE),
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": str(PATIENCE),
        }
    )
    processes = []
    try:
        processes.append(start("api-server", "--host", "127.0.0.1", "--port", str(port)))
        until("the API", lambda: answers(port), processes)
        # While nothing else writes: SQLite knows one writer, and a backfill is created in many statements.
        airflow("dags", "reserialize")
        days = ["--from-date", first, "--to-date", last, "--max-active-runs", "3"]
        airflow("backfill", "create", "--dag-id", "hale_daily", *days)
        processes.append(start("dag-processor"))
        processes.append(start("scheduler"))
        running = "SELECT 1 FROM dag_run WHERE state IN ('queued', 'running')"
        until("all runs", lambda: not rows(running), processes)
    finally:
        stop(processes)
    found = rows(
        "SELECT r.logical_date, r.run_type, t.state, t.try_number, t.start_date, t.end_date "
        "FROM dag_run r JOIN task_instance t ON t.dag_id = r.dag_id AND t.run_id = r.run_id ORDER BY r.logical_date"
    )
    names = ["logical_date", "run_type", "state", "tries", "start", "end"]
    return [dict(zip(names, row)) for row in found]


print(json.dumps(backfill(*sys.argv[1:])))
