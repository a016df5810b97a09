"""`portable-losses check` on a collection of losses, in one run of live workers."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOSSES = pathlib.Path(__file__).parent / "check"
PROGRAM = [sys.executable, str(ROOT / "portable_losses" / "command" / "entry.py")]

EXPECTED = {
    "edges.py:AbsoluteError": ("backends", "portable_losses.ops.abs"),
    "edges.py:root_mean_squared_error": ("finite", "portable_losses.ops.sqrt"),
    "edges.py:distance": ("finite", "portable_losses.ops.norm"),
    "edges.py:cosine": ("finite", "portable_losses.ops.normalize"),
    "edges.py:cosine_by_division": ("finite", "divide"),
    "edges.py:Hinge": ("backends", "portable_losses.ops.maximum"),
    "edges.py:hinge_of_classes": ("backends", "portable_losses.ops.maximum"),
    "edges.py:epsilon_insensitive": ("backends", "portable_losses.ops.maximum"),
    "edges.py:plain_crossentropy": ("finite", "portable_losses.ops.log"),
    "edges.py:logits_by_sigmoid": ("dead", "log_sigmoid"),
    "edges.py:SoftmaxLog": ("dead", "log_softmax"),
    "edges.py:softplus_by_hand": ("finite", "softplus"),
    "edges.py:log_cosh": ("finite", "softplus"),
    "edges.py:poisson": ("finite", "portable_losses.ops.log"),
    "edges.py:iou": ("finite", "divide_no_nan"),
    "edges.py:dice": ("finite", "divide_no_nan"),
    "edges.py:triplet": ("finite", "portable_losses.ops.sqrt"),
    "dead.py:tight_clip": ("dead", "clip"),
    "dead.py:ZeroOne": ("dead", "argmax"),
    "dead.py:all_stopped": ("dead", "stop_gradient"),
    "dead.py:rounded": ("dead", "round"),
    "dead.py:missing_minus": ("direction", "sign"),
    "dead.py:half_precision": ("gradient", "float32"),
    "code.py:branches": ("compiles", "where"),
    "code.py:to_float": ("compiles", "float()"),
    "code.py:calls_numpy": ("runs", "keras.ops.mean"),
    "code.py:calls_tensorflow": ("foreign", "keras.ops"),
    "code.py:calls_torch": ("foreign", "keras.ops.mean"),
    "code.py:calls_jax": ("foreign", "keras.ops.mean"),
    "code.py:torch_methods": ("runs", "keras.ops"),
    "code.py:Sparse": ("runs", "int32"),
    "code.py:FixedBatch": ("compiles", "keras.ops.shape"),
    "code.py:Counts": ("deterministic", "state"),
    "code.py:noisy": ("deterministic", "random"),
    "code.py:seeded": ("value", "draw them once"),
    "code.py:by_names": ("deterministic", "sorted()"),
    "code.py:doubles": ("dtype", "float64"),
    "code.py:leaves": ("runs", "sys.exit"),
    "code.py:asks": ("runs", "breakpoint"),
    "code.py:recurses": ("runs", "recursion"),
    "code.py:Unfinished": ("runs", "call"),
    "batches.py:over_samples": ("shape", "axis"),
    "batches.py:relative_to_batch": ("independent", "axis"),
    "batches.py:softmax_over_samples": ("independent", "axis"),
    "batches.py:every_pair": ("shape", "keepdims"),
    "batches.py:ForgetsGamma": ("arguments", "gamma"),
    "batches.py:CannotComeBack": ("saved", "get_config"),
    "hangs.py:endless": ("hangs", "loop"),
    "hangs.py:floods": ("hangs", "loop"),
    "hangs.py:ends": ("ends", "process"),
}
"""The check that finds the planted fault, and a word of the remedy."""


def run(*arguments, timeout=900, cwd=ROOT):
    return subprocess.run(
        [*PROGRAM, "check", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    output = tmp_path_factory.mktemp("check") / "found.json"
    files = sorted(LOSSES.glob("*.py"))
    done = run(*files, "--json", output, "--timeout", 20)
    assert done.returncode == 1, done.stdout + done.stderr
    targets = json.loads(output.read_text())["targets"]
    return {t["target"].rpartition("/")[2]: t for t in targets}


def faults(target):
    return [f for f in target["findings"] if f["rank"] == "fault"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_planted_fault_is_found_with_its_remedy(name, found):
    check, word = EXPECTED[name]
    (fault,) = faults(found[name])
    assert fault["check"] == check
    assert word in fault["remedy"]
    assert fault["line"].startswith(str(LOSSES / name.partition(":")[0]))


def test_healthy_losses_have_no_fault(found):
    healthy = {n: t for n, t in found.items() if n.startswith("healthy.py:")}
    assert len(healthy) >= 13
    assert {n: faults(t) for n, t in healthy.items() if t["verdict"] != "ok"} == {}


def test_a_sum_has_float64_values(found):
    both = found["healthy.py:both"]
    assert both["kind"] == "regression"  # not inputs of a case, without a reference
    said = [f["message"] for f in both["findings"]]
    assert not [words for words in said if "NumPy lane" in words]


def test_what_a_loss_prints_is_not_taken_for_an_event(found):
    assert found["hangs.py:talks"]["verdict"] == "ok"


def test_a_loop_without_an_end_is_named_by_its_line(found):
    (fault,) = faults(found["hangs.py:endless"])
    assert "took more than 20 s" in fault["message"]
    assert fault["line"].endswith(("while True:", "n += 1"))


def test_every_loss_of_the_collection_was_checked(found):
    assert set(EXPECTED) <= set(found)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("healthi.py:Focal",), "there is no file"),
        (("healthy.py:Focall",), "did you mean Focal?"),
        (("healthy.py:Focal(",), "no call such as Name(gamma=3.0)"),
        (("healthy.py", "--kind", "binari"), "did you mean binary?"),
        (("healthy.py", "--backends", "jaks"), "must be among"),
        (("healthy.py", "--shape", "2"), "with at least 3 samples"),
        (("nowhere.at.all:X",), "there is no module nowhere"),
        (("healthy.py", "--timeout", "0"), "must be > 0 seconds"),
    ],
)
def test_an_error_of_use_is_told_before_a_backend_is_imported(arguments, said):
    began = time.perf_counter()
    done = run(*arguments, cwd=LOSSES, timeout=60)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    # Two seconds on a quiet machine; importing a backend takes longer on any.
    assert time.perf_counter() - began < 6


def test_a_backend_that_keras_does_not_know_is_told(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "trch")
    done = run("healthy.py", cwd=LOSSES, timeout=60)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "KERAS_BACKEND must be one of tensorflow, jax, torch" in said
    assert "(did you mean torch?)" in said


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--help",), 0, "Find what is wrong with losses"),
        (("check", "--help"), 0, "--reference"),
        (("list", "pinball"), 0, "Quantile"),
        (("check", "nowhere.py:X"), 2, "there is no file nowhere.py"),
        (("chek",), 2, "is no subcommand"),
    ],
)
def test_the_module_is_the_command_and_imports_no_backend(arguments, status, said):
    command = [sys.executable, "-X", "importtime", "-m", "portable_losses.command"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status
    assert said in done.stdout + done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not {"keras", "jax", "torch", "tensorflow"} & imported


def test_two_runs_in_one_folder_do_not_meet(tmp_path):
    (tmp_path / "own.py").write_text((LOSSES / "healthy.py").read_text())
    runs = [
        subprocess.Popen(
            [*PROGRAM, "check", f"own.py:{name}", "--backends", "jax"]
            + ["--kind", kind, "--json", f"{name}.json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, kind in (("squared_error", "regression"), ("Focal", "binary"))
    ]
    assert [run.wait(timeout=600) for run in runs] == [0, 0]
    for name in ("squared_error", "Focal"):
        (target,) = json.loads((tmp_path / f"{name}.json").read_text())["targets"]
        assert target["target"] == f"own.py:{name}"
    left = {"own.py", "squared_error.json", "Focal.json", "__pycache__"}
    assert {path.name for path in tmp_path.iterdir()} <= left


def test_no_old_report_is_left_where_the_run_fails(tmp_path):
    report = tmp_path / "found.json"
    report.write_text('{"targets": []}')
    bad = tmp_path / "bad.py"
    bad.write_text("import nowhere_to_be_found\n")
    done = run(bad, "--backends", "jax", "--json", report)
    assert done.returncode == 2
    assert "an import fails: No module named 'nowhere_to_be_found'" in done.stdout
    (target,) = json.loads(report.read_text())["targets"]
    assert target["verdict"] == "unchecked"


def test_a_page_is_written_with_the_curves(tmp_path):
    page = tmp_path / "new" / "page.html"
    targets = [LOSSES / "edges.py:root_mean_squared_error", "keras.losses:LogCosh"]
    done = run(*targets, "--backends", "jax", "--report", page)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"The page is {page}"
    text = page.read_text()
    (data,) = re.findall(
        '<script type="application/json" id="data">(.*)</script>', text
    )
    root, cosh = json.loads(data)["curves"]
    assert set(root["lines"]) == {"float64", "jax"}
    at = root["points"].index(root["here"])  # the very input at which it is NaN
    assert root["lines"]["jax"]["gradient"][at] == "nan"
    assert set(cosh["lines"]) == {"float64", "jax", "portable_losses"}
    value, ours = (cosh["lines"][n]["value"] for n in ("float64", "portable_losses"))
    assert max(abs(a - b) for a, b in zip(value, ours, strict=True)) < 1e-4
    assert f"portable-losses check {targets[0]} keras.losses:LogCosh" in text
    assert "not compared: only one backend ran" in text


def test_a_page_never_takes_the_place_of_losses(tmp_path):
    losses = tmp_path / "losses.py"
    losses.write_text("def loss(y_true, y_pred):\n    return y_pred\n")
    done = run(losses, "--report", losses, timeout=60)
    assert done.returncode == 2 and losses.read_text().startswith("def loss")
    assert "must be a file that ends in .html" in " ".join(done.stderr.split())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(number, tmp_path):
    spins = tmp_path / "spins.py"
    mark = tmp_path / "pids"
    spins.write_text(
        "import os\n"
        f"open({str(mark)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "sum(range(10**12))\n"  # C code, which holds the interpreter
    )
    parent = subprocess.Popen(
        [*PROGRAM, "check", str(spins), "--backends", "jax"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: mark.exists() and mark.read_text().endswith("\n"))
    pids = [int(line) for line in mark.read_text().split()]
    parent.send_signal(number)
    parent.wait(timeout=30)
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def wait_until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def is_running(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
