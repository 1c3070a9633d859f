"""The bundled reader (resources/notebook/loupe_onnx.py) over models given as JSON on stdin; answers their outputs, or what it refused."""
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../resources/notebook"))
import loupe_onnx

answers = []
for problem in json.load(sys.stdin):
    try:
        feed = np.array(problem["data"], np.float32).reshape(problem["dims"])
        outputs = loupe_onnx.Model(problem["path"]).run({problem["input"]: feed})
        answers.append({name: {"dims": value.shape, "data": value.ravel().tolist()} for name, value in outputs.items()})
    except loupe_onnx.NotSupported as refusal:
        answers.append({"refused": str(refusal)})
json.dump(answers, sys.stdout)
