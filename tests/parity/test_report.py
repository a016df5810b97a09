"""The table, the page and the Markdown of results that are made up."""

import copy
import io
import json
import math
import re
import time
from xml.etree import ElementTree

import pytest
from made_up import BACKENDS, CHECKS, made_up
from rich.console import Console

from portable_losses.parity import progress as progress_module
from portable_losses.parity.progress import Progress
from portable_losses.parity.report import (
    html,
    markdown_by_family,
    markdown_by_loss,
    table,
)
from portable_losses.parity.report.digest import worst
from portable_losses.parity.report.numbers import brief, count, duration

# --- numbers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "two", "one"),
    [
        (2.14e-7, "2.1e-7", "2e-7"),
        (9.96e-7, "1.0e-6", "1e-6"),
        (0.66, "6.6e-1", "7e-1"),
        (12.5, "1.2e1", "1e1"),
        (0.0, "0", "0"),
        (None, "-", "-"),
        (math.nan, "nan", "nan"),
        (math.inf, "inf", "inf"),
    ],
)
def test_errors_are_short(x, two, one):
    assert brief(x) == two
    assert brief(x, 1) == one


def test_words_are_plural_where_they_must():
    assert [count(n, "loss") for n in (0, 1, 1284)] == [
        "0 losses",
        "1 loss",
        "1,284 losses",
    ]
    assert duration(41.4) == "41 s" and duration(291.4) == "4 min 51 s"


def test_the_worst_of_errors_is_nan_where_one_is():
    assert worst([1e-7, 3e-7, None]) == 3e-7
    assert worst([None, None]) is None
    assert math.isnan(worst([1e-7, math.nan, 3e-7]))


# --- the table ----------------------------------------------------------------------


def printed(results, width, **options):
    out = io.StringIO()
    table(results, Console(file=out, width=width, **options))
    return out.getvalue()


def unfolded(text):
    return "".join(text.split())


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_and_loses_nothing(width):
    results = made_up()
    text = printed(results, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text and "…" not in text
    first_column = "".join(re.findall("^ +([A-Za-z]+)", text, re.MULTILINE))
    for name in {case["loss"] for case in results["cases"]}:
        assert name in (text if width >= 100 else first_column)
    for case in results["cases"]:
        for result in case["results"].values():
            for outcome in result["checks"].values():
                if outcome["status"] in ("failed", "known"):
                    assert unfolded(outcome["message"]) in unfolded(text)
    for word in ("tensorflow", "jax", "torch", "numpy", "between", "2.21.0", "3.11.7"):
        assert word in text


def test_a_narrow_window_loses_no_number():
    text = printed(made_up(failing=False), 50)
    wide = printed(made_up(failing=False), 100)
    line = next(line for line in wide.splitlines() if "VICReg" in line)
    for number in line.split()[1:]:
        assert number in unfolded(text)


def test_a_wide_window_has_two_digits_and_a_narrow_one_has_one():
    row = next(r for r in printed(made_up(), 160).splitlines() if " VICReg" in r)
    assert re.search(r"\d\.\de-\d", row)
    row = next(r for r in printed(made_up(), 80).splitlines() if " VICReg" in r)
    assert re.search(r" \de-\d", row) and not re.search(r"\d\.\de", row)


def test_the_row_of_a_loss_has_the_worst_of_its_cases():
    results = made_up(failing=False)
    cases = [case for case in results["cases"] if case["loss"] == "SoftDice"]
    wanted = max(case["results"]["jax"]["gradient_error"] for case in cases)
    row = next(r for r in printed(results, 160).splitlines() if " SoftDice" in r)
    assert brief(wanted) in row.split()


def test_failures_are_under_the_table_and_named_in_it():
    text = printed(made_up(), 100)
    assert "failed on torch, jax-torch" in text
    assert (
        text.index("VICReg") < text.index("known difference") < text.index("failures")
    )
    assert "Huber[delta=0.3]  gradient on torch" in text
    assert "the gradient at (3, 1) is 0.0125, the reference 0.0375" in text
    assert "Huber[delta=0.3]  between on jax, torch" in text
    assert text.splitlines()[-2].startswith("FAILED  11 losses, 23 cases, ")


def test_what_cases_cost_is_said_with_the_slowest_of_each_backend():
    results = made_up()
    for i, case in enumerate(results["cases"]):
        for result in case["results"].values():
            result["seconds"] = 1.0
        case["results"]["jax"]["seconds"] = 2.0 + (i < 2)
    first, second, third = (case["id"] for case in results["cases"][:3])
    text = printed(results, 160)
    (line,) = re.findall(r"^  jax +2\.09 .*", text, re.MULTILINE)
    assert line.endswith(f"  {first} 3.0, {second} 3.0, {third} 2.0")
    (line,) = re.findall(r"^  numpy +1\.00 .*", text, re.MULTILINE)
    assert line.count(" 1.0") == 4


def test_a_known_difference_is_said_once_for_its_backends():
    text = printed(made_up(failing=False), 100)
    assert "1 known difference\n" in text
    assert "SoftDice[per=batch]  edges on jax, torch" in text
    assert "2 known to differ" in text
    assert "failure" not in text and "FAILED" not in text
    assert "PASSED  11 losses, 23 cases, " in text


def test_where_keras_differs_is_said_without_alarm():
    results = made_up(failing=False)
    said = "Keras <3.16 weighs false negatives by alpha"
    for backend in ("jax", "torch"):
        checks = case_of(results, "VICReg")["results"][backend]["checks"]
        checks["drop_in"] = {"status": "passed", "message": said}
    assert f"* VICReg, jax, torch: {said}\n" in markdown_by_loss(results)
    text = printed(results, 100)
    assert "Keras's own losses differ from ours in 1 known way: by_loss.md" in text
    assert "1 known difference\n" in text and said not in text
    assert "* nowhere.\n" in markdown_by_loss(made_up(failing=False))
    assert "Keras's own" not in printed(made_up(failing=False), 100)


def case_of(results, name):
    return next(case for case in results["cases"] if case["id"] == name)


def test_colors_are_for_terminals():
    on = {"force_terminal": True, "color_system": "standard"}
    assert "\x1b[1;31m" in printed(made_up(), 100, **on)


def test_a_log_without_unicode_can_be_written():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    table(made_up(), Console(file=out, width=100))


def test_what_did_not_run_is_a_failure():
    results = made_up(failing=False)
    del results["cases"][0]["results"]["torch"]
    text = printed(results, 100)
    assert "complete on torch" in text
    assert "1 of 23 cases did not run" in text


def test_a_run_that_fails_for_no_stated_reason_says_so():
    results = made_up(failing=False)
    results["summary"]["ok"] = False
    assert "the run is marked as failed, and says no more" in printed(results, 100)


def test_reloads_and_training_that_fail_are_failures():
    results = made_up(failing=False)
    results["reload"][0] |= {"status": "failed", "message": "no class Huber"}
    results["training"]["digits"] |= {"ok": False, "largest_difference": 0.3}
    text = printed(results, 100)
    assert "5 of 6 models passed" in text
    assert "reload on tensorflow to jax" in text and "no class Huber" in text
    assert "training on digits" in text and "3.0e-1" in text


def test_histories_have_rows_of_their_own(tmp_path):
    text = printed(made_up(), 80)
    heading = text.index("Training with ...")
    assert text.index("Training on real data") < heading < text.index("failures")
    row = next(r for r in text[heading:].splitlines() if "each of its terms" in r)
    assert row.split()[-6:] == ["6", "numbers", "3.0e-7", "allowed", "3e-6", "ok"]
    page = html(made_up(), tmp_path / "report.html").read_text()
    section = page[page.index("<h2>Training with ...</h2>") :]
    assert "<th>a weight that moves by epoch</th>" in section
    assert "loss, val_loss, w, val_w" in section and ">6.0e-8</td>" in section
    lines = markdown_by_loss(made_up(failing=False)).splitlines()
    assert lines[lines.index("## Training with ...") + 2] == (
        "* a sum, each of its terms: 6 numbers of the history, which differ by at most "
        "3.0e-07 of their first values"
    )


def test_a_history_that_differs_is_a_failure_with_its_values(tmp_path):
    results = made_up(failing=False)
    said = "loss on jax: 2, 1\nloss on torch: 2, 0.5"
    row = results["histories"]["a weight that moves by epoch"]
    row |= {"ok": False, "largest_difference": 0.25, "message": said}
    text = printed(results, 80)
    assert "2.5e-1  allowed 3e-6  FAILED" in text
    assert "training with a weight that moves by epoch  history on tensorflow," in text
    for line in said.splitlines():
        assert line in text
    page = html(results, tmp_path / "report.html").read_text()
    assert said in page and '<td class="number bad">2.5e-1</td>' in page


def test_one_backend_alone_has_a_table_and_a_page(tmp_path):
    results = alone()
    text = printed(results, 80)
    assert (
        "between" not in text.split("loss ", 1)[1].split("Maxima")[0].split("value,")[0]
    )
    assert "VICReg" in text
    assert "VICReg" in html(results, tmp_path / "report.html").read_text()


def test_one_backend_alone_has_a_curve_and_nothing_to_compare_it_with(tmp_path):
    results = alone() | {"training": made_up()["training"]}
    for task in results["training"].values():
        task["curves"] = {"jax": task["curves"]["jax"]}
    *_, picture = pictures(results, tmp_path)
    words = " ".join(picture.itertext())
    assert "loss" in words and "difference from" not in words


def alone():
    results = made_up(failing=False)
    results["environments"] = results["environments"][1:2]
    for case in results["cases"]:
        case["results"] = {"jax": case["results"]["jax"]}
        case["between"] = {}
    results["summary"]["max_between_value"] = None
    results["summary"]["max_between_gradient"] = None
    return results | {"training": {}, "histories": {}, "reload": []}


# --- the page -----------------------------------------------------------------------


def test_the_page_needs_nothing_else(tmp_path):
    page = html(made_up(), tmp_path / "new" / "report.html").read_text()
    assert "<link" not in page and "@import" not in page and "<img" not in page
    assert not re.findall(r"<script[^>]* src|url\((?!#)", page)
    assert "default-src 'none'" in page  # and a browser would reject what it loads
    addresses = set(re.findall(r"https?://[^\s\"']+", page))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_page_has_every_case_check_and_message(tmp_path):
    results = made_up()
    page = html(results, tmp_path / "report.html").read_text()
    found = data_of(page)
    assert [case["id"] for case in found["cases"]] == [
        c["id"] for c in results["cases"]
    ]
    for case in results["cases"]:
        assert f"<span>{case['id'].replace('[', '<wbr>[')}</span></button>" in page
    for check in CHECKS:
        assert f"<span>{check}</span></th>" in page
        assert found["explained"][check]
    assert page.count('<td class="check"><i') == len(results["cases"]) * len(CHECKS)
    (row,) = re.findall("Huber<wbr>.delta.*?</tbody>", page, re.DOTALL)
    assert row.count('<i class="s f">×</i>') == 1 and "2 failed" in row
    assert "the gradient at (3, 1) is 0.0125" in page
    assert "the reference&#39;s own gradient is one-sided" in page
    assert "targets are not class indices" in page
    assert "Largest difference 3.0e-7" in page


def data_of(page):
    (text,) = re.findall(
        '<script type="application/json" id="data">(.*)</script>', page
    )
    return json.loads(text)


def test_a_page_says_when_where_and_how_it_was_made(tmp_path):
    results = made_up()
    results["summary"] |= {
        "date": "2026-11-26",
        "time": "14:09 UTC",
        "machine": "Own 1",
    }
    command = "python -m portable_losses.parity --loss Huber"
    results["asked"] = asked(command)
    page = html(results, tmp_path / "report.html").read_text()
    for said in ("2026-11-26 14:09 UTC", "Own 1", "jax 0.10.2", "keras 3.15.1"):
        assert f"<dd>{said}" in page or f", {said}" in page
    assert f"<code>{command}</code>" in page


def asked(command, whole=False):
    return {
        "command": command,
        "whole": whole,
        "module": "portable_losses",
        "modes": "all",
        "backends": list(BACKENDS),
        "checks": [],
    }


def test_the_maxima_are_of_the_catalogue_where_all_of_it_ran():
    results = made_up()
    assert "Maxima over the 23 cases that ran" in printed(results, 100)
    results["asked"] = asked("python -m portable_losses.parity", whole=True)
    assert "Maxima over the whole catalogue" in printed(results, 100)
    results["asked"]["whole"] = False
    results["cases"] = [c for c in results["cases"] if c["loss"] == "Huber"]
    assert "Maxima over the 2 cases of Huber" in printed(results, 100)


def test_backends_that_were_not_compared_have_no_difference(tmp_path):
    text = printed(alone(), 80)
    assert "between " not in text.replace("not compared: backends", "")
    assert "not compared: backends with each other" in text
    page = html(alone(), tmp_path / "report.html").read_text()
    assert "between any two backends" not in page
    assert "Not compared: backends with each other" in page
    assert 'value="between"' not in page


def test_two_rows_never_have_one_name(tmp_path):
    results = made_up(failing=False)
    moving = copy.deepcopy(case_of(results, "Huber[delta=0.3]"))
    results["cases"].append(moving | {"id": "Huber[moving]", "family": "training"})
    for backend in BACKENDS:
        moving["results"][backend]["value_error"] = 7.77e-3
    lines = [line.split() for line in printed(results, 160).splitlines()]
    first = next(line for line in lines if line[:1] == ["Huber"])
    second = next(line for line in lines if line[:1] == ["Huber[moving]"])
    assert "7.8e-3" in second and "7.8e-3" not in first
    named = [
        line.split("|")[1]
        for line in markdown_by_loss(results).splitlines()
        if "Huber" in line and "|" in line
    ]
    assert named == [" Huber ", " Huber[moving] "]
    texts = [e.text for e in pictures(results, tmp_path)[0].iter(f"{SVG}text")]
    assert {"Huber", "Huber[moving]"} <= set(texts)


SVG = "{http://www.w3.org/2000/svg}"


def pictures(results, tmp_path):
    page = html(results, tmp_path / "report.html").read_text()
    found = re.findall("<svg.*?</svg>", page, re.DOTALL)
    return [ElementTree.fromstring(picture) for picture in found]


def marks(picture):
    """What each mark says, and how far to the right it is."""
    return {
        group.find(f"{SVG}title").text: float(group.find(f".//{SVG}use").get("x"))
        for group in picture.iter(f"{SVG}g")
        if "-mark-" in group.get("id", "")
    }


def test_the_pictures_have_every_mark_and_curve(tmp_path):
    results = made_up()
    value, gradient, *training = pictures(results, tmp_path)
    losses = len({case["loss"] for case in results["cases"]})
    assert len(marks(value)) == losses * 4 and len(marks(gradient)) == losses * 3
    for picture in training:
        ids = [group.get("id", "") for group in picture.iter(f"{SVG}g")]
        assert sum("-curve-loss-" in name for name in ids) == 3
        assert sum("-curve-difference-" in name for name in ids) == 2


def test_a_mark_is_as_far_to_the_right_as_its_error_is_large(tmp_path):
    for picture in pictures(made_up(), tmp_path)[:2]:
        placed = [
            (math.log10(float(said.split()[-1])), x)
            for said, x in marks(picture).items()
            if float(said.split()[-1]) > 0
        ]
        (low, left), (high, right) = min(placed), max(placed)
        for error, x in placed:  # the words have two digits, a decade 30 pixels or more
            share = (error - low) / (high - low)
            assert x == pytest.approx(left + share * (right - left), abs=3)


def test_the_pictures_do_not_share_ids_and_find_their_own(tmp_path):
    found = pictures(made_up(), tmp_path)
    ids = [e.get("id") for picture in found for e in picture.iter() if e.get("id")]
    assert len(found) == 5 and len(ids) == len(set(ids))
    for picture in found:
        own = {element.get("id") for element in picture.iter()}
        text = ElementTree.tostring(picture, "unicode")
        referred = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
        assert referred and {one or other for one, other in referred} <= own
        assert set(picture.get("aria-labelledby").split()) <= own


def test_the_pictures_take_their_colors_from_the_page(tmp_path):
    results = made_up()
    page = html(results, tmp_path / "report.html").read_text()
    text = "".join(re.findall("<svg.*?</svg>", page, re.DOTALL))
    assert not re.findall('#[0-9a-f]{6}[;"]', text)
    used = set(re.findall(r"var\((--\w+)\)", text))
    assert {"--ink", "--rule", "--bad", "--jax", "--other"} <= used
    for name in used:
        # Light, and dark by the system's wish or by that of the reader.
        assert len(re.findall(rf"{name}: #", page)) == 3


def test_the_same_results_make_the_same_page(tmp_path):
    one = html(made_up(), tmp_path / "one.html").read_text()
    assert html(made_up(), tmp_path / "two.html").read_text() == one


def test_messages_are_text_and_not_markup(tmp_path):
    results = made_up()
    checks = results["cases"][0]["results"]["jax"]["checks"]
    checks["value"] = {"status": "failed", "message": '<b>1 < 2 & "3"</b>'}
    page = html(results, tmp_path / "report.html").read_text()
    assert "<b>1 <" not in page
    assert page.count("&lt;b&gt;1 &lt; 2 &amp; &#34;3&#34;") == 1
    assert "\\u003cb\\u003e1 \\u003c 2" in page  # and in the script's data
    (case, *_) = data_of(page)["cases"]
    assert case["results"]["jax"]["faults"]["value"]["message"] == '<b>1 < 2 & "3"</b>'


def test_errors_that_are_no_numbers_are_drawn_at_the_edge(tmp_path):
    results = made_up()
    result = results["cases"][0]["results"]["jax"]
    result |= {"value_error": math.nan, "gradient_error": math.inf}
    results["training"]["digits"]["curves"]["jax"][5] = math.nan
    found = pictures(results, tmp_path)
    for number, said in enumerate(("value error nan", "gradient error inf")):
        placed = marks(found[number])
        assert placed[f"BinaryCrossentropy on jax: {said}"] == max(placed.values())
    numbers = [
        element.get(name, "")
        for picture in found
        for element in picture.iter()
        for name in ("x", "y", "d", "transform", "viewBox")
    ]
    assert not any(word in number for number in numbers for word in ("nan", "inf"))


def test_an_error_of_zero_is_drawn_at_the_left_end(tmp_path):
    results = made_up()
    for case in results["cases"][:3]:
        case["results"]["torch"]["value_error"] = 0.0
    placed = marks(pictures(results, tmp_path)[0])
    assert placed["BinaryCrossentropy on torch: value error 0"] == min(placed.values())


# --- Markdown -----------------------------------------------------------------------


def test_markdown_has_a_row_a_family_and_their_sum():
    lines = markdown_by_family(made_up(failing=False)).splitlines()
    assert lines[0].startswith("| Family | Losses | Cases | Checks | Value error |")
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| classification",
        "| regression",
        "| segmentation",
        "| metric",
        "| **all**",
    ]
    assert " | 11 | 23 | " in lines[-1] and "(2 known)" in lines[-1]
    assert len({line.count("|") for line in lines}) == 1


def test_markdown_does_not_hide_a_failure():
    assert "(1 failed)" in markdown_by_family(made_up())


# --- progress -----------------------------------------------------------------------


def test_a_log_gets_a_line_at_every_tenth_and_each_failure(monkeypatch):
    out = io.StringIO()
    with Progress(Console(file=out, width=40)) as progress:
        progress.start("jax", 57)
        for number in range(57):
            progress.advance("jax", f"Case[{number}]")
            if number == 30:
                message = "a gradient that is wrong, at length\nand more"
                progress.fail("jax", "Case[30]", "gradient", message)
        progress.done("jax")
        progress.phase("training on real data")
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue() and "\r" not in out.getvalue()
    assert sum(" of 57 cases" in line for line in lines) == 10
    failed = "jax: FAILED Case[30], gradient: a gradient that is wrong, at length"
    assert failed in lines
    assert lines[-2].startswith("jax: done in ") and lines[-2].endswith(", 1 failed")
    assert lines[-1] == "now: training on real data"


def test_a_log_is_never_quiet_while_a_backend_works(monkeypatch):
    monkeypatch.setattr(progress_module, "QUIET", 0.08)
    out = io.StringIO()
    with Progress(Console(file=out, width=40)) as progress:
        progress.launch("torch")
        progress.start("jax", 65)
        progress.note("jax", "CTC, half")
        said = "torch: starting (0 s); jax: 0 of 65 cases (CTC, half)"
        wait_for(lambda: out.getvalue().count(said) > 1)
        progress.start("torch", 1)
        progress.advance("torch", "Huber")
        progress.done("torch")
        wait_for(lambda: out.getvalue().endswith("\njax: 0 of 65 cases (CTC, half)\n"))


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_each_phase_counts_anew_and_says_what_it_counts():
    out = io.StringIO()
    progress = Progress(Console(file=out, width=80))
    for unit in ("cases", "models saved", "trainings"):
        progress.start("jax", 2, unit)
        progress.advance("jax", "a")
        progress.advance("jax", "b")
        progress.done("jax")
    lines = out.getvalue().splitlines()
    assert "jax: 2 of 2 models saved" in lines and "jax: 1 of 2 trainings" in lines
    assert lines[2] == "jax: done in 0 s"
    assert lines[-1] == "jax: trainings, done in 0 s"


def test_a_backend_that_stops_early_is_not_done():
    out = io.StringIO()
    progress = Progress(Console(file=out, width=80))
    progress.start("torch", 30)
    progress.advance("torch", "Huber")
    progress.done("torch")
    assert out.getvalue().splitlines()[-1] == "torch: stopped after 1 of 30 cases"


def test_a_terminal_gets_bars_unless_it_is_that_of_a_build(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    assert "\x1b[" in shown_live()
    assert "3/3" in shown_live()
    monkeypatch.setenv("CI", "true")
    assert "3 of 3 cases" in shown_live() and "3/3" not in shown_live()


def shown_live():
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, force_interactive=True)
    with Progress(console) as progress:
        progress.start("jax", 3)
        for name in "abc":
            progress.advance("jax", name)
        progress.done("jax")
        progress.start("torch", 1)
        progress.advance("torch", "a")
        progress.done("torch")
    return out.getvalue()
