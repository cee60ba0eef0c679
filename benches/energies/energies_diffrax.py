#!/usr/bin/env python3
"""Training steps of energy networks in diffrax: the benchmarks `energies/...` of `training_step.rs`, f64, one thread.

    XLA_FLAGS="--xla_cpu_multi_thread_eigen=false" taskset -c 0 python energies_diffrax.py

Needs jax, diffrax, optax and numpy. Five orbits of Lotka-Volterra in logarithms, 50 steps of 0.2, energies by networks
1-20-20-20-20-1 each (SemiImplicitEuler) or 2-20-20-20-20-1 (the others), tanh, mean square, Adam; forward, backward and update,
after compilation: the median of 200, in milliseconds."""
import time

import jax

jax.config.update("jax_enable_x64", True)
import diffrax as dfx  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402


def orbits():
    def field(z):
        return np.stack([2 / 3 * z[..., 0] - 4 / 3 * z[..., 0] * z[..., 1], z[..., 0] * z[..., 1] - z[..., 1]], -1)

    z = np.array([[1.0, 0.6 + 0.2 * k] for k in range(5)])
    states, h = [z], 1e-3
    for _ in range(50):
        for _ in range(200):
            k1 = field(z)
            k2 = field(z + h / 2 * k1)
            k3 = field(z + h / 2 * k2)
            k4 = field(z + h * k3)
            z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(z)
    return np.log(np.stack(states, 1))


def weights(sizes, rng):
    def layer(n, m):
        bound = np.sqrt(6 / (n + m))
        return jnp.asarray(rng.uniform(-bound, bound, (n, m))), jnp.zeros(m)

    return [layer(n, m) for n, m in zip(sizes[:-1], sizes[1:])]


def energy(layers, x):
    for w, b in layers[:-1]:
        x = jnp.tanh(x @ w + b)
    return (x @ layers[-1][0] + layers[-1][1])[0]


gradient = jax.grad(energy, 1)


def whole(_, z, p):
    """J grad H"""
    g = gradient(p, z)
    return jnp.stack([g[1], -g[0]])


def separable():
    kinetic = dfx.ODETerm(lambda t, p, args: gradient(args[0], p))
    potential = dfx.ODETerm(lambda t, q, args: -gradient(args[1], q))
    return (kinetic, potential)


def midpoint(z, h, p, tolerance=1e-9):
    """One step of the implicit midpoint rule: diffrax has none. Newton, differentiated by the implicit function theorem."""
    import optimistix as optx

    def equation(stage, args):
        z, p = args
        return stage - z - h / 2 * whole(0.0, stage, p)

    newton = optx.Newton(rtol=tolerance, atol=tolerance)
    stage = optx.root_find(equation, newton, z, args=(z, p), max_steps=20).value
    return 2 * stage - z


def steps(solve, params, data):
    adam = optax.adam(1e-3)

    def loss(params):
        predicted = jax.vmap(solve, (None, 0))(params, data[:, 0])
        return jnp.mean((predicted - data) ** 2)

    @jax.jit
    def step(params, state):
        value, slope = jax.value_and_grad(loss)(params)
        update, state = adam.update(slope, state)
        return optax.apply_updates(params, update), state, value

    state = adam.init(params)
    params, state, value = jax.block_until_ready(step(params, state))
    times = []
    for _ in range(200):
        begun = time.perf_counter()
        params, state, value = jax.block_until_ready(step(params, state))
        times.append(time.perf_counter() - begun)
    return 1e3 * float(np.median(times)), float(value)


def main():
    data, rng = jnp.asarray(orbits()), np.random.default_rng(0)
    ts = jnp.linspace(0, 10, 51)
    two = lambda: [weights([1, 20, 20, 20, 20, 1], rng) for _ in range(2)]  # noqa: E731
    one = lambda: weights([2, 20, 20, 20, 20, 1], rng)  # noqa: E731

    def solve(terms, solver, y0, params):
        kept = dict(saveat=dfx.SaveAt(ts=ts), stepsize_controller=dfx.ConstantStepSize(), max_steps=64)
        return dfx.diffeqsolve(terms, solver, 0.0, 10.0, 0.2, y0, args=params, **kept).ys

    def parted(params, z):
        q, p = solve(separable(), dfx.SemiImplicitEuler(), (z[:1], z[1:]), params)
        return jnp.concatenate([q, p], -1)

    def leapfrog(params, z):
        return solve(dfx.ODETerm(whole), dfx.LeapfrogMidpoint(), z, params)

    def implicit(params, z):
        def next_state(z, _):
            z = midpoint(z, 0.2, params)
            return z, z

        _, states = jax.lax.scan(next_state, z, length=50)
        return jnp.concatenate([z[None], states])

    print(f"jax {jax.__version__}, diffrax {dfx.__version__}")
    for name, run, params in [
        ("separable, SemiImplicitEuler", parted, two()),
        ("whole, LeapfrogMidpoint", leapfrog, one()),
        ("whole, implicit midpoint by optimistix", implicit, one()),
    ]:
        milliseconds, value = steps(run, params, data)
        print(f"{name:42} {milliseconds:8.3f} ms   loss {value:.3g}")


if __name__ == "__main__":
    main()
