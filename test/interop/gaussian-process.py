"""scikit-learn's Gaussian process with Matern 5/2: JSON problems on stdin; posterior, marginal likelihood and its gradient on stdout."""
import json
import sys

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel


def answer(problem):
    kernel = ConstantKernel(np.exp(problem["logVariance"])) * Matern(np.exp(problem["logLengths"]), nu=2.5)
    kernel += WhiteKernel(np.exp(problem["logNoise"]))
    process = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(problem["x"], problem["y"])
    mean, deviation = process.predict(problem["at"], return_std=True)
    value, gradient = process.log_marginal_likelihood(process.kernel_.theta, eval_gradient=True)
    # Its order is variance, lengths, noise; ours has the lengths first. Its deviation is that of a measurement, noise and all.
    variance = deviation**2 - np.exp(problem["logNoise"])
    order = [*gradient[1:-1], gradient[0], gradient[-1]]
    return {"mean": mean.tolist(), "variance": variance.tolist(), "value": float(value), "gradient": order}


json.dump([answer(problem) for problem in json.load(sys.stdin)], sys.stdout)
