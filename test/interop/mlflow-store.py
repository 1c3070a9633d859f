"""Reads an MLflow file store (a folder, first argument) and prints its experiments and runs as JSON: with MLflow where it is installed, else by the store's documented layout.

Without MLflow this follows mlflow/store/tracking/file_store.py: what it requires of names and lines is required here.
"""
import json
import os
import re
import sys

ID = re.compile(r"^[a-zA-Z0-9][\w\-]{0,255}$")
NAME = re.compile(r"^[/\w.\- :]*$")
STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


def by_mlflow(root):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"file://{root}")
    for experiment in client.search_experiments():
        for run in client.search_runs([experiment.experiment_id]):
            history = {
                name: [[m.timestamp, m.value, m.step] for m in client.get_metric_history(run.info.run_id, name)]
                for name in run.data.metrics
            }
            yield {
                "experiment": experiment.name,
                "run": run.info.run_id,
                "name": run.info.run_name,
                "status": run.info.status,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "params": run.data.params,
                "tags": {k: v for k, v in run.data.tags.items()},
                "metrics": history,
                "artifacts": [one.path for one in client.list_artifacts(run.info.run_id)],
            }


def files_below(folder):
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            key = os.path.relpath(path, folder)
            assert NAME.match(key), key
            with open(path, encoding="utf-8") as file:
                yield key, file.read()


def line_of(text):
    parts = text.split(" ")
    assert len(parts) == 3, text
    return [int(parts[0]), float(parts[1]), int(parts[2])]


def by_layout(root):
    import yaml

    def meta(folder):
        with open(os.path.join(folder, "meta.yaml"), encoding="utf-8") as file:
            return yaml.safe_load(file)

    for experiment in os.listdir(root):
        folder = os.path.join(root, experiment)
        about = meta(folder)
        assert about["experiment_id"] == experiment and ID.match(experiment) and about["lifecycle_stage"] == "active"
        assert about["artifact_location"] == f"file://{folder}", about["artifact_location"]
        for run in os.listdir(folder):
            own = os.path.join(folder, run)
            if run == "tags" or not os.path.isdir(own):
                continue
            info = meta(own)
            assert info["run_id"] == info["run_uuid"] == run and ID.match(run) and info["experiment_id"] == experiment
            yield {
                "experiment": about["name"],
                "run": run,
                "name": info["run_name"],
                "status": STATUS[info["status"]],
                "start": info["start_time"],
                "end": info["end_time"],
                "params": dict(files_below(os.path.join(own, "params"))),
                "tags": dict(files_below(os.path.join(own, "tags"))),
                "metrics": {
                    name: [line_of(line) for line in text.strip().split("\n")]
                    for name, text in files_below(os.path.join(own, "metrics"))
                },
                "artifacts": os.listdir(info["artifact_uri"].removeprefix("file://")),
            }


root = sys.argv[1]
try:
    import mlflow  # noqa: F401

    found = {"reader": "MLflow", "runs": list(by_mlflow(root))}
except ImportError:
    found = {"reader": "PyYAML and the layout", "runs": list(by_layout(root))}
json.dump(found, sys.stdout)
