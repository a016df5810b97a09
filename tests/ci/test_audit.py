"""The audit: what another Keras changes, and the page, from small runs."""

import copy
import json

import audit
import audit_page
import pytest

FAULT = {
    "rank": "fault",
    "check": "backends",
    "backends": ["jax", "torch"],
    "message": "The gradient at (0, 0) is -1 on jax, 0 on torch",
    "remedy": "",
    "input": 'y_true = np.array([[2.0]], "float32")\n'
    'y_pred = np.array([[2.0]], "float32")',
    "values": {"jax": 0.0, "torch": 0.0, "float64": 0.0},
    "gradients": {"jax": [[-1.0]], "torch": [[0.0]], "float64": [[0.0]]},
    "line": "keras/src/losses/losses.py:7: return ops.abs(y_true - y_pred)",
    "ours": {
        "values": {"jax": 0.0, "torch": 0.0, "float64": 0.0},
        "gradients": {"jax": [[0.0]], "torch": [[0.0]]},
        "sides": [[[-1.0]], [[1.0]]],
    },
}
LOST = {
    **FAULT,
    "check": "arguments",
    "message": "`delta` is lost on saving.",
    "input": "",
    "values": {},
    "gradients": {},
    "ours": {"lost": []},
}
ADVICE = {**FAULT, "rank": "advice", "check": "conventions", "message": "NaN"}


def target(name, *findings, verdict=None):
    faulty = any(f["rank"] == "fault" for f in findings)
    return {
        "target": f"keras.losses:{name}",
        "kind": "regression",
        "verdict": verdict or ("fault" if faulty else "ok"),
        "ours": name,
        "findings": list(findings),
        "conventions": {
            "keras": ["a batch of zero samples gives NaN"],
            "ours": [],
        },
    }


def run(*targets):
    return {
        "command": "portable-losses check keras.losses",
        "date": "2026-11-26",
        "machine": "Linux x86_64",
        "device": "cpu",
        "backends": ["jax", "torch"],
        "versions": {"keras": "3.15", "python": "3.11", "jax": "1", "torch": "2"},
        "targets": list(targets),
        "rounded": {
            "loss": 'Sparse(dtype="bfloat16")',
            "input": "y_true = np.array([257])",
            "values": {
                "keras.losses": {"jax": 20.0, "torch": 20.0},
                "portable_losses": {"jax": 0.0, "torch": 0.0},
            },
        },
    }


ABS = target("Abs", FAULT, ADVICE)
HUBER = target("Huber", LOST)
FINE = target("Fine", ADVICE)


def of(**changed):
    nothing = {"fixed": [], "new": [], "the same": [], "not compared": []}
    return {**nothing, **changed}


SAID = f"Abs: backends: {FAULT['message']}"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (run(ABS), run(ABS), of(**{"the same": [SAID]})),
        (run(ABS), run(target("Abs")), of(fixed=[SAID])),
        (run(target("Abs")), run(ABS), of(new=[SAID])),
        (run(FINE), run(FINE), of()),
        (
            run(),
            run(ABS),
            of(new=[f"{SAID} (a loss that was not there before)"]),
        ),
        (run(ABS), run(), of(**{"not compared": ["Abs: not in this Keras"]})),
        (
            run(ABS),
            run(target("Abs", verdict="unchecked")),
            of(**{"not compared": ["Abs: could not be checked"]}),
        ),
    ],
)
def test_what_changes_with_another_keras(before, after, found):
    assert audit.changes(before, after) == found


def test_one_fault_for_another_is_both_fixed_and_new():
    after = audit.changes(run(ABS), run(target("Abs", LOST)))
    assert after["fixed"] == [SAID]
    assert after["new"] == ["Abs: arguments: `delta` is lost on saving."]


def test_other_arguments_are_another_loss():
    faulty, fine = target("Focal(from_logits=True)", FAULT), target("Focal")
    found = audit.changes(run(faulty, fine), run(faulty, fine))
    assert found["the same"] == [
        f"Focal(from_logits=True): backends: {FAULT['message']}"
    ]


def test_the_changes_are_printed_with_versions(monkeypatch):
    monkeypatch.setattr(audit, "kept", lambda: run(ABS, HUBER))
    lines = audit.compare(run(target("Abs"), HUBER), "3.16").splitlines()
    assert lines[0] == "Keras 3.16, against 3.15 of docs/audit.md"
    assert lines[lines.index("fixed: 1") + 1] == f"  {SAID}"
    assert lines[lines.index("the same: 1") + 1] == (
        "  Huber: arguments: `delta` is lost on saving."
    )
    assert "new: 0" in lines


def test_a_run_that_wrote_nothing_is_an_error(monkeypatch, tmp_path):
    argv = ["audit.py", "compare", str(tmp_path / "none.json")]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit, match="the run wrote no findings"):
        audit.main()


# --- the page -------------------------------------------------------------------------


def test_the_page_counts_losses_and_shows_ours_beside():
    focal = copy.deepcopy(FAULT)
    focal["check"], focal["message"] = "value", "The value is 16 on jax, not 30"
    focal["gradients"]["jax"] = [["nan"]]
    logits = target("Focal(from_logits=True)", focal)
    text = audit_page.page(run(ABS, HUBER, FINE, target("Focal"), logits))
    assert "**3 of the 4 losses** of Keras 3.15 have a fault" in text
    choice, clipped = (audit_page.CAUSES[key][0] for key in ("choice", "clipped"))
    assert f"| `Abs` | fault | 1 | {choice} |" in text
    assert "| `Fine` | ok |  |  |" in text
    # What an experiment shows is grouped by its cause, in the order of what it costs.
    assert text.index(f"## {clipped}") < text.index(f"## {choice}")
    assert "### Focal(from_logits=True)" in text
    assert "loss = keras.losses.Focal(from_logits=True)\ny_true = np.array(" in text
    assert "| jax | 0 | nan | 0 | 0 |" in text
    assert "| torch | 0 | 0 | 0 | 0 |" in text
    assert "| float64 | | | 0 | -1 to 1 |" in text
    assert "In ours no argument is lost." in text
    assert "| `portable_losses` | 0 | 0 |" in text
    assert "| a batch of zero samples gives NaN | 5 of 5 | 0 of 5 |" in text


def test_what_ours_has_too_is_said():
    lost = {**LOST, "ours": {"lost": ["delta"]}}
    assert "In ours delta is lost, too." in audit_page.page(run(target("H", lost)))
    base = target("H")
    base["conventions"]["ours"] = base["conventions"]["keras"]
    assert "| 1 of 1 | 1 of 1 |" in audit_page.page(run(base))


def test_a_loss_without_one_of_ours_has_empty_cells():
    without = {k: v for k, v in FAULT.items() if k != "ours"}
    text = audit_page.page(run(target("New", without)))
    assert "| jax | 0 | -1 |  |  |" in text and "float64 |" not in text


def test_what_could_not_be_checked_is_said():
    text = audit_page.page(run(ABS, target("Odd", verdict="unchecked")))
    assert "Not checked: `Odd`." in text


def test_the_page_says_nothing_of_the_machine_but_its_kind():
    text = json.dumps(audit.kept()) + audit_page.page(audit.kept())
    assert "site-packages" not in text
