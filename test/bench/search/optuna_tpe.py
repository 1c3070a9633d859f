"""Optuna's TPE with its defaults. First line of stdin: {"seed", "trials", "space"}; then one configuration a line goes out and its value comes in."""
import json
import sys
import warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def suggest(trial, parameter):
    draw = trial.suggest_int if parameter["kind"] == "integer" else trial.suggest_float
    return draw(parameter["name"], parameter["low"], parameter["high"], log=parameter.get("log", False))


def run(job):
    def objective(trial):
        print(json.dumps({parameter["name"]: suggest(trial, parameter) for parameter in job["space"]}), flush=True)
        value = json.loads(sys.stdin.readline())
        return 1e9 if value is None else value

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=job["seed"]))
    study.optimize(objective, n_trials=job["trials"])


for line in iter(sys.stdin.readline, ""):
    run(json.loads(line))
