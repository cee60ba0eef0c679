#!/usr/bin/env python3
"""The neural equation of diffrax's tutorial, its recipe as it stands: a perceptron of two layers of 64 softplus units, Tsit5 to
a tolerance of 1e-3 and 1e-6, AdaBelief, 500 steps at a rate of 3e-3 on the first tenth of the record, then as many at 3e-3
on the whole of it, records as they are. Here the second stage goes on for as long as there is time: `--times 10` of what
`--seconds FILE` (the table of the bench) says that the bench took, `--least` seconds at least.
Needs jax, diffrax, equinox, optax."""
import statistics, time
import diffrax, equinox as eqx, jax, jax.numpy as jnp, jax.random as jr, numpy as np, optax
from table import arguments, run

parser = arguments(__doc__, seeds=1)
parser.add_argument("--times", type=float, default=10)
parser.add_argument("--least", type=float, default=20)
parser.add_argument("--most", type=float, default=float("inf"))
parser.add_argument("--seconds", metavar="FILE")
parser.add_argument("--standardised", action="store_true", help="states and times of order one")
args = parser.parse_args()
jax.config.update("jax_enable_x64", True)
RATE, FIRST, PART = 3e-3, 500, 0.1
took = {}
if args.seconds:
    for line in open(args.seconds):
        fields = line.split()
        if len(fields) > 6 and fields[1].isdigit():
            took.setdefault(fields[0], []).append(float(fields[2]))


class Func(eqx.Module):
    mlp: eqx.nn.MLP

    def __init__(self, dim, key):
        self.mlp = eqx.nn.MLP(dim, dim, 64, 2, activation=jax.nn.softplus, key=key)

    def __call__(self, t, y, args):
        return self.mlp(y)


def solve(func, times, start, rtol=1e-3, atol=1e-6, most=4096):
    return diffrax.diffeqsolve(
        diffrax.ODETerm(func), diffrax.Tsit5(), t0=times[0], t1=times[-1], dt0=times[1] - times[0], y0=start,
        stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol), saveat=diffrax.SaveAt(ts=times),
        max_steps=most,
    ).ys


@eqx.filter_value_and_grad
def loss(func, times, states):
    follow = jax.vmap(lambda times, states: solve(func, times, states[0]))
    return jnp.mean((states - follow(times, states)) ** 2)


@eqx.filter_jit
def step(func, times, states, optim, state):
    value, gradient = loss(func, times, states)
    updates, state = optim.update(gradient, state)
    return value, eqx.apply_updates(func, updates), state


def learn(name, records, seed):
    budget = min(max(args.times * statistics.median(took.get(name, [0])), args.least), args.most)
    times, states = np.stack([t for t, _ in records]), np.stack([y for _, y in records])
    mean, deviation, unit = 0.0, 1.0, 1.0
    if args.standardised:
        flat = states.reshape(-1, states.shape[-1])
        mean, deviation, unit = flat.mean(0), flat.std(0), (times[:, -1] - times[:, 0]).mean() / times.shape[1]
    times, states = jnp.array(times / unit), jnp.array((states - mean) / deviation)
    func = Func(states.shape[-1], jr.PRNGKey(seed))
    steps = 0
    for part, share in ((PART, 1 / 3), (1.0, 2 / 3)):
        count = max(2, int(part * times.shape[1]))
        optim = optax.adabelief(RATE)
        state = optim.init(eqx.filter(func, eqx.is_inexact_array))
        begin, done = None, 0
        while begin is None or (time.time() - begin < share * budget and (part == 1.0 or done < FIRST)):
            value, func, state = step(func, times[:, :count], states[:, :count], optim, state)
            value.block_until_ready()
            begin, done = begin or time.time(), done + 1
        steps += done

    def predict(start, at):
        path = solve(func, jnp.array(at / unit), jnp.array((start - mean) / deviation), 1e-6, 1e-9, 100_000)
        return np.asarray(path) * deviation + mean

    return steps, predict


run(args, learn)
