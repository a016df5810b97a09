"""The table of the backends: each line is what a run found."""

import json

import lanes
import pytest
from make_docs import BACKENDS, README, ROOT, SUMMARIES, filled, with_backends


def outcome(status):
    return {"status": status, "message": ""}


def results(*names, failed=False, losses=119):
    checks = {"value": outcome("passed"), "nan": outcome("known")}
    if failed:
        checks["half"] = outcome("failed")
    row = {"value_error": 1e-7, "gradient_error": 2e-7, "checks": checks}
    return {
        "summary": {
            "ok": not failed,
            "losses": losses,
            "date": "2026-11-26",
            "machine": "Linux x86_64",
            "max_value_error": dict.fromkeys(names, 1.5e-6),
            "max_gradient_error": dict.fromkeys({*names} - {"numpy"}, 3.4e-6),
        },
        "environments": [
            {
                "backend": name,
                "device": "cpu",
                "modes": ["eager"],
                "versions": {"keras": "3.16.0", name: "0.3"},
            }
            for name in names
        ],
        "cases": [{"id": "Huber", "results": dict.fromkeys(names, row)}],
        "training": {},
        "histories": {"a sum": {"histories": dict.fromkeys({*names} - {"numpy"})}},
        "reload": [{"saved_on": "jax", "loaded_on": "mlx"}],
    }


def test_a_run_changes_the_lines_of_its_backends_alone(tmp_path):
    (tmp_path / "numpy-cpu.json").write_text("the run of all")
    lanes.keep(results("mlx", "numpy"), tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"mlx-cpu.json", "numpy-cpu.json"}
    assert (tmp_path / "numpy-cpu.json").read_text() == "the run of all"
    mlx = json.loads((tmp_path / "mlx-cpu.json").read_text())
    assert mlx["checks"] == {"passed": 1, "failed": 0, "known": 1}
    assert mlx["loaded_from"] == ["jax"] and mlx["trained"] == 1
    (tmp_path / "numpy-cpu.json").unlink()
    assert lanes.table(lanes.kept(tmp_path)).splitlines()[2] == (
        "| mlx 0.3 | values, gradients, `fit`, models of jax | 1 (1 known to differ) "
        "| 1.5e-6 | 3.4e-6 | 2026-11-26, Keras 3.16.0, cpu, Linux x86_64 |"
    )


def test_a_backend_without_gradients_has_values():
    found = lanes.summaries(results("numpy"))["numpy"]
    assert found["gradient_error"] is None and found["trained"] == 0
    assert lanes.runs(found) == "values"


def test_a_run_that_failed_or_is_a_part_has_no_line(tmp_path):
    assert lanes.is_whole(results("mlx"))
    assert not lanes.is_whole(results("mlx", failed=True))
    assert not lanes.is_whole(results("mlx", losses=25))
    lanes.keep(results("mlx", failed=True), tmp_path)
    assert lanes.kept(tmp_path) == []


def test_the_pages_have_what_was_kept():
    for path, text in with_backends().items():
        assert path.read_text() == text
    for summary in lanes.kept(SUMMARIES):
        assert summary["checks"]["failed"] == 0
        assert f"| {summary['backend']} " in README.read_text()


def test_the_page_says_how_each_backend_with_an_adapter_is_installed():
    shown = lanes.installs(ROOT)
    files = (ROOT / "portable_losses" / "parity" / "autodiff").glob("[!_]*.py")
    for path in files:
        assert f"| `{path.stem}` | `pip install " in shown
    assert lanes.modules_of_backends(ROOT) >= {"jaxlib", "mlx", "keras_mlx", "torch"}


def test_a_page_without_markers_is_rejected():
    with pytest.raises(SystemExit, match="no <!-- backends:begin -->"):
        filled(BACKENDS, "# Backends", "backends", "")
