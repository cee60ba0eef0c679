"""What the scripts of the peers share: the data that `cargo bench --bench learning -- --write FOLDER` wrote, and the table."""
import argparse, os, resource, time
import numpy as np

COLUMNS = f"{'data':21}{'seed':>5}{'s':>8}{'steps':>7}{'data':>8}{'past':>8}{'future':>8}{'MiB':>8}"


def arguments(doc, seeds):
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--only", type=lambda names: names.split(","))
    return parser


def read(path):
    """Records, each times and states."""
    with open(path) as file:
        header = file.readline().strip().split(",")
        rows = [line.strip().split(",") for line in file]
    many, records = header[1] == "trajectory", {}
    for row in rows:
        records.setdefault(row[1] if many else "", []).append([float(row[0])] + [float(y) for y in row[1 + many:]])
    return [(record[:, 0], record[:, 1:]) for record in map(np.array, records.values())]


def run(args, learn):
    """`learn(name, records, seed)` gives the steps it took and a function `predict(start, times)` of what it learned."""
    print(COLUMNS)
    rows = []
    names = sorted(file[: -len("-truth.csv")] for file in os.listdir(args.folder) if file.endswith("-truth.csv"))
    for name in names if args.only is None else args.only:
        records, truth = (read(os.path.join(args.folder, name + end)) for end in (".csv", "-truth.csv"))
        deviation = np.concatenate([states for _, states in records]).std(0)
        deviation[deviation == 0] = 1
        for seed in range(args.seeds):
            begin, ended_by = time.time(), ""
            data = past = future = np.inf
            steps = 0
            try:
                steps, predict = learn(name, records, seed)
                seconds = time.time() - begin

                def errors(start, times, states):
                    try:
                        got = predict(start, times)
                    except Exception:
                        return np.full(len(times), np.inf)
                    return (got - states) / deviation

                def worst(errors):
                    with np.errstate(over="ignore", invalid="ignore"):
                        error = np.sqrt((errors**2).mean(0)).max() if len(errors) else 0
                    return error if np.isfinite(error) else np.inf

                data = max(worst(errors(y[0], t, y)) for t, y in records[: len(truth)])
                past = future = 0
                for (t, y), (times, states) in zip(records, truth):
                    known = times <= t[-1] * (1 + 1e-9)
                    past = max(past, worst(errors(states[0], times[known], states[known])))
                    future = max(future, worst(errors(states[0], times, states)[~known]))
            except Exception as error:
                seconds, ended_by = time.time() - begin, f"{type(error).__name__}: {error}"[:80]
            arrives = past <= (0.125 if name.endswith("_noisy") else 0.1)
            rows.append((seconds, past, future, arrives))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            numbers = "".join(f"{x:8.3g}" for x in (data, past, future))
            mark = "arrives" if arrives else "-"
            print(f"{name:21}{seed:5}{seconds:8.1f}{steps:7}{numbers}{memory:8.0f}  {mark}  {ended_by}".rstrip(), flush=True)
    seconds, past, future, arrives = zip(*rows)
    medians = f"{np.median(seconds):.1f} s, past {np.median(past):.3f}, future {np.median(future):.3f}"
    print(f"{sum(arrives)} of {len(rows)} arrive; medians: {medians}")
