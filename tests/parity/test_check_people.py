"""What the check makes of losses as people write them, and takes them for.

Kinds are guessed in this process, on its backend. The whole command runs over both
files where PORTABLE_LOSSES_PEOPLE is set: it takes minutes.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

from portable_losses.parity.examine.finding import find, names
from portable_losses.parity.examine.guess import guess
from portable_losses.parity.examine.subject import Subject

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEOPLE = pathlib.Path(__file__).parent / "people"

KINDS = {
    "good.py:SigmoidFocal": "binary_logits",
    "good.py:huber_loss": "regression",
    "good.py:tversky()": "binary",
    "good.py:SmoothCE": "categorical_logits",
    "good.py:NTXent": "two_views",
    "good.py:SupCon": "embeddings",
    "good.py:GIoU": "boxes",
    "good.py:poisson_nll": "counts_logits",
    "good.py:AAMSoftmax": "cosines",
    "good.py:corn": "ordinal_logits",
    "good.py:WeightedSparseCE": "sparse_logits",
    "good.py:total_variation": "segmentation",
    "good.py:ctc_loss": "sequence",
    "good.py:contrastive_loss": "pairs",
    "good.py:wbce": "binary",
    "bad.py:Focal": "binary_logits",
    "bad.py:ce_softmax_log": "categorical_logits",
    "bad.py:FocalKaggle": "binary",
}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_is_guessed(name):
    target = f"{PEOPLE}/{name}"
    assert guess(Subject(target, find(target)))["kind"] == KINDS[name]


def test_a_product_has_no_right_direction():
    target = f"{PEOPLE}/good.py:wasserstein"
    assert guess(Subject(target, find(target)))["sure"] is False


def test_a_metric_that_others_call_is_no_loss():
    found = {name.rpartition(":")[2] for name in names(f"{PEOPLE}/good.py")["names"]}
    assert "dice_loss" in found
    assert "dice_coef" not in found


def test_a_package_is_walked_past_a_module_that_is_broken(tmp_path, monkeypatch):
    package = tmp_path / "walked_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("")
    (package / "broken.py").write_text("import nowhere_to_be_found\n")
    (package / "helpers.py").write_text("def twice(x):\n    return 2 * x\n")
    (package / "inner" / "losses.py").write_text(
        "from ..helpers import twice\n\n"
        "def mine(y_true, y_pred):\n    return twice(y_true - y_pred)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = names("walked_package")
    assert found["names"] == ["walked_package.inner.losses:mine"]
    assert list(found["unread"]) == ["walked_package.broken"]


@pytest.mark.skipif(
    "PORTABLE_LOSSES_PEOPLE" not in os.environ, reason="takes minutes of processors"
)
def test_every_planted_fault_is_found(tmp_path):
    output = tmp_path / "found.json"
    program = ROOT / "portable_losses" / "command" / "entry.py"
    subprocess.run(
        [sys.executable, program, "check", PEOPLE / "bad.py", "--json", output],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    targets = json.loads(output.read_text())["targets"]
    assert len(targets) > 50
    assert [t["target"] for t in targets if t["verdict"] != "fault"] == []
    faults = [f for t in targets for f in t["findings"] if f["rank"] == "fault"]
    assert all(fault["remedy"] for fault in faults)
