"""`python ci/benchmarks`: what a person can ask for, and the exit status.

0 also where goals are missed, since a time is no test; 1 where a result disagrees with
a peer's; 2 for wrong use.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import matrix

from benchmarks import published
from benchmarks import registry as registered
from benchmarks.report import about, console_for, print_list, print_tables, write_json
from benchmarks.result import Result
from benchmarks.timing import CLOCKS, ROUNDS
from benchmarks.workload import Study, Workload

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "bench"
AGREES, DISAGREES, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(
        "bench", description="Ours against Keras and other packages, on one backend."
    )
    made.add_argument(
        "workloads",
        nargs="*",
        help="groups, names, patterns or numbers that --list shows; all by default",
    )
    made.add_argument(
        "--only",
        type=lambda text: [name.strip() for name in text.split(",")],
        default=[],
        help="the same with commas, such as P3,P6",
    )
    made.add_argument("--list", action="store_true", help="show what there is")
    made.add_argument(
        "--rounds",
        type=_positive,
        default=ROUNDS,
        help="interleaved rounds (%(default)s)",
    )
    made.add_argument(
        "--peers",
        type=lambda text: [name.strip() for name in text.split(",")],
        default=[],
        help="packages to compare with beside Keras, such as kornia,monai",
    )
    made.add_argument(
        "--floors",
        action="store_true",
        help="print what this machine's memory and arithmetic allow at best",
    )
    made.add_argument(
        "--memory",
        action="store_true",
        help="measure the peak of each contender in a process of its own",
    )
    made.add_argument(
        "--clock",
        choices=list(CLOCKS),
        default="wall",
        help="cpu for a machine that others use, pinned to one core (taskset -c 0)",
    )
    made.add_argument(
        "--size", choices=("full", "small"), default="full", help="small is for tests"
    )
    made.add_argument(
        "--output", type=Path, default=OUTPUT, help="folder of JSON, plot"
    )
    made.add_argument(
        "--publish",
        type=Path,
        metavar="FOLDER",
        help="run nothing: take over a folder's figures into RESULTS.md",
    )
    made.add_argument("--measure-memory", nargs=3, help=argparse.SUPPRESS)
    return made


def main(
    arguments: Sequence[str] | None = None,
    registry: registered.Registry | None = None,
) -> int:
    """Run what the arguments say, and return the exit status."""
    asked = parser().parse_args(arguments)
    registry = registered.load() if registry is None else registry
    try:
        if asked.measure_memory:
            return _measure_memory(registry, *asked.measure_memory)
        if asked.publish:
            taken = published.keep(asked.publish, registry)
            print(f"{published.PAGE}: {taken} comparisons of {asked.publish}")
            return AGREES
        entries = registered.choose(registry, [*asked.workloads, *asked.only])
        if asked.list:
            print_list(console_for(sys.stdout), entries)
            return AGREES
        backend = os.environ.get("KERAS_BACKEND", "")
        peers = _peers(asked.peers, entries, backend)
        entries = _that_run(entries, backend)
    except ValueError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    return _run(entries, peers, backend, asked)


def _run(
    entries: Sequence[registered.Entry],
    peers: Sequence[str],
    backend: str,
    asked: argparse.Namespace,
) -> int:
    groups: dict[str, list[Result]] = {}
    interrupted = False
    try:
        for number, entry in enumerate(entries, 1):
            _say(f"[{number}/{len(entries)}] {entry.full_name}", end=" ")
            found = list(_results(entry, peers, backend, asked))
            groups.setdefault(entry.group, []).extend(found)
            _say("; ".join(r.summary for r in found) or "no peer here (see --peers)")
    except KeyboardInterrupt:
        interrupted = True  # what is measured is printed all the same
    console = console_for(sys.stdout)
    said = about(backend, rounds=asked.rounds, size=asked.size, clock=asked.clock)
    for group, results in groups.items():
        if not results:
            continue
        title = f"{group} on {backend}"
        if asked.size != "full":
            title += f", {asked.size}"
        keras = said["versions"].get("keras", "")
        print_tables(console, results, f"{title}, keras {keras}")
        path = asked.output / f"{group}-{backend}.json"
        write_json(path, results, said)
        picture = path.with_suffix(".png")
        drawn = _draw(picture, results, title)
        console.print(f"{path}" + (f", {picture}" if drawn else ""), style="dim")
    if interrupted:
        return INTERRUPTED
    wrong = any(r.disagreement for results in groups.values() for r in results)
    return DISAGREES if wrong else AGREES


def _say(text: str, end: str = "\n") -> None:
    """Tell how far it is, beside the tables that come at the end."""
    print(text, end=end, file=sys.stderr, flush=True)


def _results(
    entry: registered.Entry,
    peers: Sequence[str],
    backend: str,
    asked: argparse.Namespace,
) -> Iterable[Result]:
    # Not at the top of the file: Keras and its backend take seconds to import, and
    # `--list` does not need them.
    from benchmarks.measure import Settings, measure

    settings = Settings(
        rounds=asked.rounds,
        size=asked.size,
        floors=asked.floors,
        memory=asked.memory,
        clock=asked.clock,
    )
    try:
        if isinstance(entry, Study):
            return list(entry.run(asked.rounds))
        mine = [name for name in peers if name in entry.peers]
        names = [name for name in mine if backend in entry.peers[name].backends]
        return measure(entry, names, settings) if names else []
    except Exception as error:  # one that fails must not cost the others' figures
        said = f"{type(error).__name__}: {error}"
        whom = ", ".join(registered.peers_of([entry]))
        return [Result(entry.full_name, whom, disagreement=said)]


def _draw(path: Path, results: Sequence[Result], title: str) -> bool:
    from benchmarks import plot

    return plot.draw(path, results, title)


def _that_run(
    entries: Sequence[registered.Entry], backend: str
) -> list[registered.Entry]:
    """Leave out what the backend does not have, such as compiled lanes on torch."""
    found = [e for e in entries if isinstance(e, Study) or e.runs_on(backend)]
    if not found:
        names = ", ".join(e.full_name for e in entries)
        raise ValueError(
            f"bench: `workload` must run on {backend}; got workload={names!r} (it is "
            "timed where the backend compiles)"
        )
    return found


def _peers(
    asked: Sequence[str], entries: Sequence[registered.Entry], backend: str
) -> list[str]:
    """Return the peers that come with Keras and the backend, and those asked for."""
    known = matrix.load()
    if backend not in known.backends:
        rule = f"one of {', '.join(sorted(known.backends))}"
        raise ValueError(
            f"bench: `KERAS_BACKEND` must be {rule}; got KERAS_BACKEND={backend!r} "
            f'(set it, or run nox -s "bench(jax)")'
        )
    found = registered.peers_of(entries)
    for name in asked:
        if name not in found:
            raise registered.unknown("peers", name, found)
        row = known.peers.get(name)
        if row is None:
            continue
        if backend not in row.backends:
            raise ValueError(
                f"bench: `peers` must run on {backend}; got peers={name!r} (it runs on "
                f"{', '.join(row.backends)})"
            )
        if importlib.util.find_spec(row.module) is None:
            raise ValueError(
                f"bench: `peers` must be installed; got peers={name!r} (nox -s "
                f'"bench({backend})" -- WORKLOAD --peers {name} installs it)'
            )
    return [name for name in found if name in asked or name not in known.peers]


def _measure_memory(
    registry: registered.Registry, name: str, who: str, size: str
) -> int:
    (entry,) = registered.choose(registry, [name])
    assert isinstance(entry, Workload), "a study has no contenders"
    from benchmarks import memory
    from benchmarks.measure import OURS, contender, warm_up

    peer = None if who == OURS else entry.peers[who]
    warm_up()
    contender(entry, entry.inputs("small"), peer).call()
    print(json.dumps(memory.report(contender(entry, entry.inputs(size), peer))))
    return AGREES


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be >= 1; got {number}")
    return number
