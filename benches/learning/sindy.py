#!/usr/bin/env python3
"""Sparse identification by pysindy, its defaults: polynomials of degree 2, sequentially thresholded least squares, finite
differences. `--degree`, `--threshold`, and `--smoothed` for differences that smooth, are for who knows more. Needs numpy, scipy
and pysindy."""
import warnings
import numpy as np
import pysindy
from scipy.integrate import solve_ivp
from table import arguments, run

parser = arguments(__doc__, seeds=1)
parser.add_argument("--degree", type=int, default=2)
parser.add_argument("--threshold", type=float, default=0.1)
parser.add_argument("--smoothed", action="store_true")
args = parser.parse_args()
# A prediction that has left the data this far behind is lost; so is one that takes this many evaluations.
LOST, EVALUATIONS = 1e3, 200_000


def learn(name, records, seed):
    differences = pysindy.SmoothedFiniteDifference() if args.smoothed else pysindy.FiniteDifference()
    model = pysindy.SINDy(
        optimizer=pysindy.STLSQ(threshold=args.threshold),
        feature_library=pysindy.PolynomialLibrary(degree=args.degree),
        differentiation_method=differences,
    )
    times, states = zip(*records)
    model.fit(list(states), t=list(times))
    largest = np.abs(np.concatenate(states)).max()
    powers = model.feature_library.powers_
    coefficients = model.coefficients()

    def predict(start, times):
        evaluations = 0

        def slope(t, y):
            nonlocal evaluations
            evaluations += 1
            if evaluations > EVALUATIONS or np.abs(y).max() > LOST * largest:
                raise ArithmeticError("the prediction is lost")
            return coefficients @ np.prod(y**powers, axis=1)

        solved = solve_ivp(slope, (times[0], times[-1]), start, "LSODA", times, rtol=1e-7, atol=1e-9)
        if not solved.success:
            raise ArithmeticError(solved.message)
        return solved.y.T

    return 1, predict


warnings.simplefilter("ignore")
run(args, learn)
