"""The runner of the benchmarks: what it reports, rejects and writes, not how fast."""

import dataclasses
import json
import math
import os

import keras
import matrix
import numpy as np
import pytest
from benchmarks import cli, memory, published, registry
from benchmarks.agreement import Agreement
from benchmarks.measure import Settings, measure
from benchmarks.plan import PLAN
from benchmarks.result import Result
from benchmarks.timing import Interval, compare, interval, ratio
from benchmarks.workload import Peer, Workload
from benchmarks.workloads import (
    compile_time,
    drop_ins,
    import_time,
    moving_hyperparameter,
    scaling,
)
from benchmarks.workloads._functions import ALWAYS_THERE

import portable_losses
from portable_losses.ops.pinning import _FUNCTIONS
from portable_losses.parity.cases import families

BACKEND = keras.config.backend()
SIZES = {"full": (64, 32), "small": (8, 4)}


def draw(rng, shape):
    return tuple(rng.normal(size=shape).astype("float32") for _ in range(2))


def squared(t, p):
    return keras.ops.mean(keras.ops.square(p - t))


def wrong_value(t, p):
    return squared(t, p) * 1.001


def wrong_gradient(t, p):
    extra = 0.001 * keras.ops.sum(p)
    return squared(t, p) + extra - keras.ops.stop_gradient(extra)


def not_a_number(t, p):
    return squared(t, p) * float("nan")


def raises(t, p):
    raise RuntimeError("no such kernel")


def workload(name, ours=squared, theirs=squared, goal=None, **more):
    peer = Peer(lambda: theirs, goal)
    return Workload("made_up", name, SIZES, draw, lambda: ours, {"keras": peer}, **more)


def run(folder, *workloads, arguments=()):
    """Exit status, and the entries of the JSON."""
    known = {w.full_name: w for w in workloads}
    options = ["--rounds", "1", "--size", "small", "--output", str(folder)]
    status = cli.main([*options, *arguments], known)
    (path,) = folder.glob("*.json")
    return status, json.loads(path.read_text(encoding="utf-8"))


# --- agreement ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "leaf"),
    [
        (wrong_value, "value: "),
        (wrong_gradient, "gradient: "),
        (not_a_number, "value: nan against "),
        (raises, "RuntimeError: no such kernel"),
    ],
)
def test_a_disagreement_is_reported_and_not_timed(tmp_path, capsys, ours, leaf):
    healthy = workload("healthy")
    status, found = run(tmp_path, workload("broken", ours), healthy)
    assert status == 1
    broken, fine = found["results"]
    assert broken["disagreement"].startswith(leaf)
    assert broken["figure"] is None and broken["ours"] is None
    assert fine["disagreement"] == "" and fine["figure"]["median"] > 0
    printed = capsys.readouterr()
    assert "disagrees: made_up/broken with keras" in printed.out
    assert "made_up/healthy" in printed.out
    assert "[1/2] made_up/broken keras: disagrees\n" in printed.err
    assert "[2/2] made_up/healthy keras: " in printed.err


def test_a_peer_that_fails_does_not_cost_the_others(tmp_path):
    peers = {"keras": Peer(lambda: squared), "torch": Peer(lambda: raises)}
    both = Workload("made_up", "both", SIZES, draw, lambda: squared, peers)
    status, found = run(tmp_path, both)
    assert status == 1
    said = {r["peer"]: r["disagreement"] for r in found["results"]}
    assert said == {"keras": "", "torch": "RuntimeError: no such kernel"}


@pytest.mark.parametrize("scale", [1.0, 1e-9])
def test_agreement_holds_at_every_scale(scale):
    theirs = scale * np.array([1.0, 0.5, 0.2])
    agreement = Agreement()
    assert agreement.difference([theirs], [theirs]) is None
    assert agreement.difference([theirs * (1 + 5e-6)], [theirs]) is None
    found = agreement.difference([theirs * (1 + 1e-3)], [theirs])
    assert found is not None and found.startswith("value: ")
    assert "3 of 3 elements (rtol 1e-05)" in found


def test_agreement_compares_shapes_and_counts():
    one, two = np.ones(1), np.ones(2)
    agreement = Agreement()
    assert agreement.difference([one], [two]) == "value: shape (1,) against (2,)"
    assert agreement.difference([one], [one, one]) == "1 results against 2"
    assert agreement.difference([one, two], [one, one]) == (
        "gradient: shape (2,) against (1,)"
    )


def test_the_gradient_of_a_value_that_is_no_scalar_is_compared(tmp_path):
    def terms(t, p):
        return keras.ops.square(p - t)

    def half_gradient(t, p):
        q = 0.5 * (p + keras.ops.stop_gradient(p))
        return keras.ops.square(q - t)

    options = {"scalar": False, "inputs_of_gradient": (0, 1)}
    healthy = workload("healthy", terms, terms, **options)
    broken = workload("broken", half_gradient, terms, **options)
    status, found = run(tmp_path, healthy, broken)
    assert status == 1
    assert [r["disagreement"][:11] for r in found["results"]] == ["", "gradient 2:"]


def test_a_peer_with_another_layout_agrees():
    def transposed(inputs):
        return tuple(np.ascontiguousarray(x.T) for x in inputs)

    peer = Peer(lambda: squared, arrange=transposed, restore=lambda x: x.T)
    turned = Workload(
        "made_up", "turned", SIZES, draw, lambda: squared, {"keras": peer}
    )
    (result,) = measure(turned, ["keras"], Settings(1, "small"))
    assert result.disagreement == ""


# --- time --------------------------------------------------------------------------


def test_a_ratio_is_of_one_round_and_a_thing_against_itself_is_one():
    now = [0.0]

    def takes(seconds):  # on a machine that gets slower and slower
        def call():
            now[0] += seconds * (1 + now[0])

        return call

    calls = {"ours": takes(1e-3), "keras": takes(2e-3), "again": takes(2e-3)}
    times = compare(
        calls, lambda result: None, rounds=31, seconds=0.01, clock=lambda: now[0]
    )
    assert [len(found) for found in times.values()] == [31] * 3
    first, last = times["keras"][0], times["keras"][-1]
    assert last > 1.2 * first, "this machine has to get slower"
    assert ratio(times, "ours", "keras").median == pytest.approx(0.5, rel=0.05)
    same = ratio(times, "again", "keras")
    assert same.low <= 1 <= same.high
    assert same.median == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("clock", ["wall", "cpu"])
def test_a_workload_is_timed_against_itself(clock):
    settings = Settings(9, "small", clock=clock)
    (result,) = measure(workload("same"), ["keras"], settings)
    assert result.again is not None and result.figure is not None
    # Not a test of time: only that it is the same thing, by any stretch.
    assert 0.1 < result.again.median < 10
    assert set(result.first_call) == {"ours", "keras"}


@pytest.mark.parametrize(("count", "rank"), [(31, 10), (15, 4), (6, 1), (3, 1), (1, 1)])
def test_an_interval_covers_the_median_of_95_in_100(count, rank):
    found = interval(range(1, count + 1))
    assert found == Interval((count + 1) / 2, rank, count + 1 - rank)
    outside = sum(math.comb(count, k) for k in range(rank)) / 2**count
    assert outside <= 0.025 or rank == 1


@pytest.mark.parametrize(
    ("figure", "goal", "verdict"),
    [
        (Interval(0.9, 0.8, 1.2), 1.0, "met"),
        (Interval(1.2, 1.1, 1.3), 1.0, "missed"),
        (Interval(1.1, 0.9, 1.3), 1.0, "unclear"),
        (Interval(1.1, 0.9, 1.3), None, ""),
        (None, 1.0, ""),
    ],
)
def test_verdicts(figure, goal, verdict):
    assert Result("a/b", "keras", goal, figure=figure).verdict == verdict


def test_a_missed_goal_is_no_failure_and_has_its_reason(tmp_path, capsys):
    peer = Peer(lambda: squared, 1e-6, {BACKEND: "it is made up"})
    slow = Workload("made_up", "slow", SIZES, draw, lambda: squared, {"keras": peer})
    status, found = run(tmp_path, slow)
    assert status == 0
    assert found["results"][0]["verdict"] == "missed"
    printed = capsys.readouterr().out
    assert "missed" in printed and "it is made up" in printed


def test_goals_by_backend():
    peer = Peer(lambda: squared, {BACKEND: 0.5})
    assert peer.goal_on(BACKEND) == 0.5
    assert peer.goal_on("another") is None


# --- what it writes ----------------------------------------------------------------


def test_json_and_plot_are_written(tmp_path):
    status, found = run(tmp_path, workload("fine"), arguments=["--floors"])
    assert status == 0
    assert found["backend"] == BACKEND
    assert found["versions"]["keras"] == keras.__version__
    assert (found["rounds"], found["size"]) == (1, "small")
    (result,) = found["results"]
    assert result["workload"] == "made_up/fine"
    assert result["peer"] == "keras"
    assert result["floor"] > 0
    assert set(result["figure"]) == {"median", "low", "high"}
    kind = {"jax": "temporaries", "torch": "saved"}.get(BACKEND)
    assert set(result["memory"]["ours"]) == ({kind} if kind else set())
    picture = tmp_path / f"made_up-{BACKEND}.png"
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_list_shows_names_sizes_and_goals_without_running(capsys):
    known = {"made_up/raises": workload("raises", raises, raises, 1.05)}
    assert cli.main(["--list"], known) == 0
    printed = capsys.readouterr().out
    for word in ("made_up/raises", "64 x 32", "gradient", "keras 1.05"):
        assert word in printed


# --- wrong use ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["drop_in"],
            "bench: `workload` must be one that `--list` shows; got "
            "workload='drop_in' (did you mean 'drop_ins'? `--list` shows them all)",
        ),
        (
            ["pins/abss"],
            "bench: `workload` must be one that `--list` shows; got "
            "workload='pins/abss' (did you mean 'pins/abs'? `--list` shows them all)",
        ),
        (
            ["zzzzzz"],
            "bench: `workload` must be one that `--list` shows; got "
            "workload='zzzzzz' (`--list` shows them all)",
        ),
        (
            ["focal", "--peers", "kornla"],
            "bench: `peers` must be one that `--list` shows; got peers='kornla' "
            "(did you mean 'kornia'? `--list` shows them all)",
        ),
    ],
)
def test_an_unknown_name_is_rejected_with_the_nearest(capsys, arguments, message):
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == message + "\n"


def test_a_lane_that_the_backend_lacks_is_rejected(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    compiled = workload("fine", lane="compiled gradient")
    assert cli.main([], {compiled.full_name: compiled}) == 2
    assert capsys.readouterr().err == (
        "bench: `workload` must run on torch; got workload='made_up/fine' (it is timed "
        "where the backend compiles)\n"
    )


def test_a_peer_of_another_backend_is_rejected(capsys):
    peer, its = ("optax", "jax") if BACKEND != "jax" else ("kornia", "torch")
    assert cli.main(["focal", "--peers", peer]) == 2
    assert capsys.readouterr().err == (
        f"bench: `peers` must run on {BACKEND}; got peers={peer!r} (it runs on {its})\n"
    )


def test_an_unknown_backend_is_rejected(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert cli.main(["focal"]) == 2
    assert "must be one of jax, tensorflow, torch; got" in capsys.readouterr().err


@pytest.mark.parametrize("rounds", ["0", "-1", "many"])
def test_rounds_that_are_no_number_above_0_are_rejected(rounds):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["--rounds", rounds])


def test_groups_names_and_patterns_choose():
    known = registry.load()
    one = registry.choose(known, ["pins/log"])
    assert [w.full_name for w in one] == ["pins/log"]
    pattern = registry.choose(known, ["pins/log*", "pins/log"])
    assert {"pins/log", "pins/log2"} < {w.full_name for w in pattern}
    group = registry.choose(known, ["drop_ins"])
    assert {w.group for w in group} == {"drop_ins"}
    assert registry.choose(known, []) == list(known.values())


def test_numbers_choose_and_each_runs_something(capsys):
    known = registry.load()
    for number, words in PLAN.items():
        found = registry.choose(known, [number])
        assert found and {registry.number_of(w.full_name) for w in found} == {number}
        assert registry.choose(known, list(words)) == found
    assert registry.choose(known, ["p3"]) == registry.choose(known, ["focal"])
    assert cli.main(["--list", "--only", "P7, P11"], known) == 0
    printed = capsys.readouterr().out
    assert "P7" in printed and "P11" in printed and "P3" not in printed


# --- growth ------------------------------------------------------------------------


def test_an_exponent_is_that_of_large_sizes():
    sizes = [10.0**k for k in range(6)]
    times = [1000.0 + 2 * x**1.5 for x in sizes]  # a call costs 1000
    assert scaling.exponent(sizes, times) == pytest.approx(1.5, abs=0.08)
    assert scaling.slopes(sizes, sizes) == pytest.approx([1.0, 1.0])


def test_growth_is_measured_and_drawn(tmp_path):
    (whole,) = (s for s in scaling.SCALES if s.name == "Huber, batch")
    small = dataclasses.replace(whole, shapes=((64, 64), (256, 64), (1024, 64)))
    entries = run(tmp_path, scaling.study(small))[1]["results"]
    kinds = ["time", *(["memory"] if BACKEND in ("jax", "torch") else [])]
    assert [e["workload"].rpartition(", ")[2] for e in entries] == kinds
    for entry, kind in zip(entries, kinds, strict=True):
        assert entry["points"]["size"] == [64.0, 256.0, 1024.0]
        assert len(entry["points"][kind]) == 3 and not entry["disagreement"]
    if BACKEND == "torch":  # whose bytes are counted
        assert entries[1]["figure"]["median"] == pytest.approx(1.0, abs=0.1)
    assert (tmp_path / f"scaling-{BACKEND}.png").stat().st_size > 10_000


def test_what_grows_spans_three_decades():
    for scale in scaling.SCALES:
        sizes = [scale.sizes(shape) for shape in scale.shapes]
        assert sizes == sorted(sizes)
        # Two decades of a batch are four of its pairs.
        assert sizes[-1] / sizes[0] >= (1000 if scale.time == 1 else 64), scale.name


def test_compile_time_is_that_of_each_loss_and_of_all(monkeypatch):
    cases = [c for c in families()["regression"] if c.loss in ("Huber", "Charbonnier")]
    monkeypatch.setattr("portable_losses.parity.cases.families", lambda: {"r": cases})
    (study,) = compile_time.WORKLOADS
    found = {r.workload.partition("/")[2]: r for r in study.run(1)}
    if BACKEND == "torch":
        assert found == {}  # nothing is compiled
        return
    assert set(found) == {"Huber", "Charbonnier", "all drop-ins", "all 2 losses"}
    huber, all_of_them = found["Huber"], found["all 2 losses"].figure
    assert huber.ours > 1 and huber.theirs > 1
    assert huber.figure.median == pytest.approx(huber.ours / huber.theirs)
    both = huber.ours + found["Charbonnier"].figure.median
    assert all_of_them.median == pytest.approx(both)


# --- memory ------------------------------------------------------------------------


def test_memory_is_measured_in_its_own_process():
    name = "drop_ins/MeanSquaredError"
    found = memory.peak(name, "ours", "full")
    assert found["pid"] != os.getpid()
    gradient = 4 * math.prod(drop_ins.ELEMENTS["full"])
    assert gradient <= found["peak"] - found["baseline"] < 50 * gradient


def test_a_process_that_fails_says_so():
    with pytest.raises(RuntimeError, match="was not measured"):
        memory.peak("drop_ins/NoSuchLoss", "ours", "small")


# --- the workloads -----------------------------------------------------------------


def test_every_loss_that_keras_has_too_is_a_drop_in():
    both = {
        name
        for name in portable_losses.__all__
        if isinstance(getattr(keras.losses, name, None), type) and name != "Loss"
    }
    measured = {w.name.partition("-")[0] for w in drop_ins.WORKLOADS}
    assert measured == both


def test_every_pinned_op_is_measured_or_new():
    from benchmarks.workloads import pins

    pinned = {name for name in _FUNCTIONS if not name.startswith("_")}
    measured = {w.name.partition("-")[0] for w in pins.WORKLOADS}
    assert measured | set(pins.NEW) == pinned
    assert all(not hasattr(keras.ops, name) for name in pins.NEW)


def test_reasons_belong_to_workloads_and_backends():
    from benchmarks.workloads import pins

    for module in (drop_ins, pins):
        names = {w.name for w in module.WORKLOADS}
        assert {name.replace(", ", "-") for name in module.REASONS} <= names
        for reasons in module.REASONS.values():
            assert set(reasons) <= set(matrix.load().backends)


def test_every_peer_comes_with_keras_or_is_a_row_of_the_matrix():
    known = matrix.load().peers
    for entry in registry.load().values():
        for name, peer in getattr(entry, "peers", {}).items():
            if name.partition(",")[0] in ALWAYS_THERE:  # "torch, 256 at once"
                continue
            assert set(peer.backends) <= set(known[name].backends)


def test_a_workload_that_allows_more_says_why():
    for entry in registry.load().values():
        agreement = getattr(entry, "agreement", Agreement())
        assert agreement == Agreement() or agreement.why, entry.full_name


def test_inputs_are_the_same_in_every_process():
    for entry in registry.load().values():
        if isinstance(entry, Workload):
            first, second = entry.inputs("small"), entry.inputs("small")
            for a, b in zip(first, second, strict=True):
                assert a.dtype in ("float32", "int32", "int64")
                np.testing.assert_array_equal(a, b)


def test_import_time(monkeypatch):
    monkeypatch.setattr(import_time, "PROGRAM", "print(2000.0, 20.0)")
    (result,) = import_time.run(rounds=2)
    assert (result.theirs, result.ours, result.unit) == (2000, 20, "ms")
    assert result.verdict == "met"


def test_moving_hyperparameter(monkeypatch):
    moving = moving_hyperparameter.schedules()
    assert list(moving) == ["stays", "moves", "decays"]
    monkeypatch.setattr(moving_hyperparameter, "STEPS", 2)
    one = {"stays": moving["stays"]}  # each model costs seconds of compiling
    monkeypatch.setattr(moving_hyperparameter, "schedules", lambda: one)
    (result,) = moving_hyperparameter.run(rounds=1)
    assert result.workload == "moving_hyperparameter/stays"
    assert (result.disagreement, result.unit, result.goal) == ("", "ms", None)
    assert result.figure is not None and result.again is not None


# --- the page of results ------------------------------------------------------------


@pytest.fixture(name="kept")
def _kept(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "KEPT", tmp_path / "results.json")
    monkeypatch.setattr(published, "PAGE", tmp_path / "RESULTS.md")
    return tmp_path


def figures(folder, size="full", **more):
    """The JSON of a run with one comparison."""
    result = {
        "workload": "robust/Huber",
        "peer": "keras",
        "goal": 1.0,
        "ours": 2.0,
        "theirs": 1.0,
        "figure": {"median": 2.0, "low": 1.9, "high": 2.1},
        "again": {"median": 1.0, "low": 0.9, "high": 1.1},
        "memory": {"ours": {"peak": 30}, "keras": {"peak": 100}},
        "memory_goal": 0.25,
        "reason": "because",
        "verdict": "missed",
        **more,
    }
    run = {"backend": "jax", "versions": {"jax": "1"}, "python": "3", "machine": "x"}
    run |= {"processor": "P", "cores": 2, "load": 0.5, "time": "2020-01-02T00:00:00"}
    run |= {"rounds": 31, "size": size, "clock": "wall", "results": [result]}
    folder.mkdir(exist_ok=True)
    (folder / "robust-jax.json").write_text(json.dumps(run))
    return folder


def test_results_are_kept_and_told(kept, capsys):
    assert cli.main(["--publish", str(figures(kept / "run"))]) == 0
    assert "1 comparisons" in capsys.readouterr().out
    page = published.PAGE.read_text()
    row = "| Huber | jax | keras | 2.00 | 1.00 |  | **2.00** | 1.90 to 2.10 | 1.00 | 1 "
    assert f"{row}| **0.30** | 0.25 |" in page
    assert "| time | 1 missed |" in page and "| memory | 1 missed |" in page
    assert page == published.page()


def test_a_workload_that_is_measured_again_replaces_its_own_figures(kept):
    published.keep(figures(kept / "run"), {})
    published.keep(figures(kept / "other", workload="robust/LogCosh"), {})
    published.keep(figures(kept / "run", verdict="met", memory_goal=None), {})
    rows = json.loads(published.KEPT.read_text())["rows"]
    assert [row["workload"] for row in rows] == ["robust/Huber", "robust/LogCosh"]
    assert rows[0]["verdict"] == "met"


@pytest.mark.parametrize(("size", "said"), [("small", "size 'small'"), (None, "with")])
def test_results_of_small_sizes_and_of_nothing_are_rejected(kept, capsys, size, said):
    folder = kept / "run" if size is None else figures(kept / "run", size)
    assert cli.main(["--publish", str(folder)]) == 2
    assert said in capsys.readouterr().err
    assert not published.PAGE.exists()


def test_the_reason_of_a_miss_is_that_of_the_workload_now(kept):
    peer = Peer(lambda: squared, 1.0, {"jax": "so |x|"}, memory_reasons={"jax": "thus"})
    known = {
        "robust/Huber": Workload("robust", "Huber", SIZES, draw, None, {"keras": peer})
    }
    published.keep(figures(kept / "run"), known)
    page = published.PAGE.read_text()
    assert "| robust/Huber | jax | keras | 2.00 | 1 | so \\|x\\| |" in page
    assert "| robust/Huber | jax | keras | memory 0.30 | 0.25 | thus |" in page
    published.keep(
        figures(kept / "run"),
        {
            "robust/Huber": dataclasses.replace(
                known["robust/Huber"], peers={"keras": Peer(lambda: squared, 1.0)}
            )
        },
    )
    assert f"| 2.00 | 1 | {published.UNEXPLAINED} |" in published.PAGE.read_text()


def test_the_published_figures_are_of_workloads_that_exist():
    rows = json.loads(published.KEPT.read_text())["rows"]
    known = registry.load()
    for row in rows:
        assert row["peer"] in registry.peers_of([known[row["workload"]]])
    assert {registry.number_of(row["workload"]) for row in rows} >= set(PLAN) - {"P0"}
