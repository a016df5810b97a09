"""The pages in a real browser: the Chromium of this system, without a window.

Where there is none, or no playwright, these tests are skipped with the line that
installs it; `nox -s browser` brings both along.
"""

import copy
import os
import re
import shutil
from urllib.parse import parse_qs, quote

import numpy as np
import pytest
from made_up import BACKENDS, drawn, made_up

from portable_losses.parity.examine import looked
from portable_losses.parity.examine import page as check_page
from portable_losses.parity.examine.findings import Finding, Report
from portable_losses.parity.examine.showing import code_of
from portable_losses.parity.page.colors import COLORS
from portable_losses.parity.report import html
from portable_losses.parity.report import page as report_page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    pytest.skip(
        "playwright is not installed: pip install playwright", allow_module_level=True
    )
if FOUND is None:
    pytest.skip(
        "there is no Chromium: apt-get install chromium (Debian, Ubuntu), or set "
        "CHROMIUM to the program of one",
        allow_module_level=True,
    )

LONG = "keras.losses:CategoricalFocalCrossentropy(from_logits=True)"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # A root user, as in a container, has no sandbox.
        with playwright.chromium.launch(
            executable_path=FOUND, args=["--no-sandbox"]
        ) as launched:
            yield launched


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A catalogue, a catalogue of the size of ours, a check, and many checks."""
    folder = tmp_path_factory.mktemp("pages")
    results = made_up()
    checks = case_of(results, "SoftDice")["results"]["torch"]["checks"]
    checks["edges"] = {
        "status": "failed",
        "message": "edge empty: the gradient is not finite: [nan, nan]",
        "input": 'import numpy as np\ny_pred = np.array([[0.0]], "float32")',
    }
    results["summary"]["checks"]["failed"] += 1
    long = "CategoricalCrossentropy[of_second_order,_normalized,_channels_first]"
    case_of(results, "CategoricalCrossentropy[class_weights]")["id"] = long
    html(results, folder / "catalogue.html", drawn(results))
    whole = large()
    original, report_page.dots = report_page.dots, lambda *_: ""  # drawn for minutes
    try:
        html(whole, folder / "whole.html", drawn(whole))
    finally:
        report_page.dots = original
    t = np.array([[0.0, 1.0]], "float32")
    fault = Finding(
        "finite",
        "The gradient at (0, 0) is nan on jax, at the input 'exact match'.",
        "use portable_losses.ops.sqrt in place of keras.ops.sqrt",
        backends=("jax",),
        input=code_of(t, t),
        values={"jax": 0.0, "float64": 0.0},
        gradients={"jax": [[float("nan"), 0.0]], "float64": [[0.0, 0.0]]},
        line=f"{'long_folder/' * 12}losses.py:12: return ops.sqrt(x)",
    )
    bad = Report("losses.py:Robust", "regression", [fault], drawn=(t, t))
    good = Report(LONG, "regression", [], drawn=(t, t))
    asked = looked.Asked(
        ("jax", "torch"), (), True, "", False, False, {"jax": "1"}, "now", "here"
    )
    curve = drawn(results)["SoftDice"]
    measured = {"at": [0, 0], "curves": curve, "beside": "", "of_fault": True}
    for name, reports in (("check", [bad]), ("clean", [good]), ("checks", [bad, good])):
        check_page.page(
            folder / f"{name}.html",
            reports,
            [measured] * len(reports),
            [r.target for r in reports],
            asked,
        )
    return folder


def case_of(results, name):
    return next(case for case in results["cases"] if case["id"] == name)


def large():
    """Results of 221 cases, as the catalogue has them."""
    results = made_up(failing=False)
    originals = results["cases"]
    results["cases"] = []
    for n in range(221):
        case = copy.deepcopy(originals[n % len(originals)])
        results["cases"].append(case | {"id": f"{case['loss']}[number {n}]"})
    return results


@pytest.fixture
def visit(browser, pages):
    """Open a page; no error, no warning and no request may come of it."""
    contexts, said = [], []

    def open_page(name="catalogue", fragment="", size=DESK, dark=False, script=True):
        context = browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            has_touch=size is PHONE,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda r: r.url.startswith("file:") or said.append(f"asks for {r.url}"),
        )
        page.goto((pages / f"{name}.html").as_uri() + fragment)
        page.set_default_timeout(5000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def names(page):
    """The names of the rows that are to be seen, in their order."""
    return page.locator("tbody.case:not([hidden]) .row button").all_inner_texts()


def fragment(page):
    return {k: v[0] for k, v in parse_qs(page.url.partition("#")[2]).items()}


# --- the matrix -----------------------------------------------------------------------


def test_rows_are_filtered_and_the_address_keeps_it(visit):
    page = visit()
    every = names(page)
    page.get_by_label("Name", exact=True).fill("huber")
    assert names(page) == ["Huber", "Huber[delta=0.3]"]
    assert fragment(page) == {"q": "huber"}
    page.locator("[data-status=f]").click()
    assert names(page) == ["Huber[delta=0.3]"]
    page.get_by_label("Name", exact=True).fill("")
    assert names(page) == ["Huber[delta=0.3]", "SoftDice"]
    page.get_by_label("Check", exact=True).select_option("edges")
    assert names(page) == ["SoftDice"]
    page.get_by_label("Backend", exact=True).select_option("jax")
    assert names(page) == []
    expect(page.get_by_text("No case fits.")).to_be_visible()
    again = visit(fragment="#" + page.url.partition("#")[2])
    assert names(again) == []
    assert again.get_by_label("Check", exact=True).input_value() == "edges"
    again.get_by_role("button", name="Show all").click()
    assert names(again) == every and "#" not in again.url
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Family", exact=True).select_option("metric")
    assert names(page) == ["SupervisedContrastive", "VICReg"]
    expect(page.locator("#shown")).to_have_text("2 of 23 cases")


def test_backends_that_differ_are_found(visit):
    page = visit(fragment="#backend=between&status=f")
    assert names(page) == ["Huber[delta=0.3]"]


def test_rows_are_sorted_both_ways(visit):
    page = visit()
    page.get_by_role("button", name="loss", exact=True).click()
    assert names(page) == sorted(names(page), key=str.lower)
    head = page.locator("th[data-key=name]")
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    assert names(page) == sorted(names(page), key=str.lower, reverse=True)
    page.locator("th[data-key=gradient] button").click()
    assert names(page)[0] == "Huber[delta=0.3]"  # whose error is 0.66
    assert fragment(page) == {"sort": "-gradient"}
    page.locator("th[data-key=status] button").click()
    assert names(page)[:2] == ["Huber[delta=0.3]", "SoftDice"]


def test_an_address_of_another_page_does_no_harm(visit):
    page = visit(fragment="#family=nowhere&status=zz&sort=up&open=Gone&q=%3Cb%3E&x=%")
    assert names(page) == []
    page.get_by_role("button", name="Reset").click()
    assert len(names(page)) == 23


# --- what a row opens -----------------------------------------------------------------


def test_a_row_is_opened_and_closed_with_the_keyboard(visit):
    page = visit()
    row = page.get_by_role("button", name="Huber[delta=0.3]", exact=True)
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    opened = page.get_by_role("region", name="Huber[delta=0.3]", exact=True)
    expect(opened).to_contain_text("the gradient at (3, 1) is 0.0125")
    expect(opened).to_contain_text(
        "The gradients of the backends differ from 1.25 to 3"
    )
    assert opened.locator("svg.plot").count() == 2
    assert fragment(page) == {"open": "Huber[delta=0.3]"}
    page.keyboard.press("Escape")
    assert opened.count() == 0
    expect(row).to_be_focused()
    page.keyboard.press("ArrowUp")
    above = page.get_by_role("button", name="Huber", exact=True)
    expect(above).to_be_focused()
    page.keyboard.press("Space")
    expect(above).to_have_attribute("aria-expanded", "true")


def test_every_control_is_reached_by_tab(visit):
    page = visit(fragment="#q=vicreg")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(e => e.id || e.innerText)(document.activeElement)"))
    for wanted in ("theme", "q", "family", "check", "backend", "sort", "VICReg"):
        assert wanted in seen, wanted


def test_a_link_opens_the_case(visit):
    page = visit(fragment="#family=metric")
    page.locator("#failures ~ .finding a").first.click()
    expect(
        page.get_by_role("region", name="Huber[delta=0.3]", exact=True)
    ).to_be_visible()
    page = visit(fragment="#open=" + quote("SoftDice"))
    opened = page.get_by_role("region", name="SoftDice", exact=True)
    expect(opened).to_contain_text("The input that shows it")
    expect(opened).to_contain_text("is NaN at 0")
    assert opened.locator("path.cross").count() == len(BACKENDS)
    box = opened.bounding_box()
    assert box["y"] < 900  # scrolled to


def test_a_click_anywhere_on_a_row_opens_it(visit):
    page = visit()
    page.locator("tbody.case", has_text="VICReg").locator("td.check").first.click()
    expect(page.get_by_role("region", name="VICReg", exact=True)).to_be_visible()


def test_an_input_is_copied(visit):
    page = visit(fragment="#open=SoftDice")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: the input that shows it").click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == 'import numpy as np\ny_pred = np.array([[0.0]], "float32")'
    expect(page.locator("#live")).to_have_text("Copied")


def test_numbers_are_read_off_the_curves_without_a_mouse(visit):
    page = visit(fragment="#open=" + quote("Huber[delta=0.3]"))
    opened = page.get_by_role("region", name="Huber[delta=0.3]", exact=True)
    slider = opened.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "0.5")  # the input itself
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "3")
    rows = opened.locator(".readout tbody tr").all_inner_texts()
    cells = [re.split(r"\s+", row.strip()) for row in rows]
    assert ["torch", "9", "2"] in cells and ["jax", "9", "6"] in cells
    opened.locator("svg.plot").first.hover(position={"x": 80, "y": 60})
    expect(slider).not_to_have_attribute("aria-valuetext", "3")


def test_keras_beside_ours_is_shown_where_it_dies(visit):
    page = visit()
    section = page.locator(".beside")
    expect(section).to_contain_text("The gradient of Keras is 0 from 2 to 3")
    assert section.locator("rect.band").count() >= 1
    assert section.locator("figure:visible").count() == 4


# --- light and dark, phone, and what must not be --------------------------------------


def color_of(page, name):
    rgb = page.evaluate(
        "n => getComputedStyle(document.body)[n]",
        {"paper": "backgroundColor", "ink": "color"}[name],
    )
    return "#" + "".join(f"{int(x):02x}" for x in re.findall(r"\d+", rgb)[:3])


@pytest.mark.parametrize("name", ["catalogue", "check"])
def test_pages_are_dark_by_the_system_or_the_switch(visit, name):
    for dark in (False, True):
        page = visit(name, dark=dark)
        assert color_of(page, "paper") == COLORS["paper"][dark]
        assert color_of(page, "ink") == COLORS["ink"][dark]
        switch = page.get_by_role("button", name="Dark")
        assert switch.get_attribute("aria-pressed") == str(dark).lower()
        switch.click()
        assert color_of(page, "paper") == COLORS["paper"][not dark]
        page.reload()
        assert color_of(page, "paper") == COLORS["paper"][not dark]


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        ("catalogue", "#open=SoftDice&open=Huber%5Bdelta%3D0.3%5D"),
        ("check", ""),
        ("clean", ""),
        ("checks", "#loss-1"),
    ],
)
def test_nothing_is_wider_than_a_phone(visit, name, opened):
    page = visit(name, opened, size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && "
        "[...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && "
        "!e.closest('svg, i') && parseFloat(getComputedStyle(e).fontSize) < 12)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert small == []


def test_a_row_is_opened_by_a_finger(visit):
    page = visit(size=PHONE)
    page.get_by_role("button", name="VICReg", exact=True).tap()
    opened = page.get_by_role("region", name="VICReg", exact=True)
    expect(opened).to_be_visible()
    box = opened.locator("svg.plot").first.bounding_box()
    assert 250 < box["width"] < PHONE["width"]


def test_the_whole_catalogue_opens_quickly(visit, pages):
    assert (pages / "whole.html").stat().st_size < 10e6
    page = visit("whole")
    assert len(names(page)) == 221
    assert page.locator(".open").count() == 0  # nothing is drawn before it is opened
    took = page.evaluate(
        "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    assert took < 8000  # a second on a quiet machine
    page.get_by_label("Name", exact=True).fill("number 220")
    assert len(names(page)) == 1


def test_the_rows_are_there_without_scripts(visit):
    page = visit(script=False)
    assert len(names(page)) == 23
    expect(page.get_by_text("the gradient at (3, 1) is 0.0125").first).to_be_visible()


# --- the page of a check --------------------------------------------------------------


def test_a_check_has_a_page_of_its_own(visit):
    page = visit("check")
    expect(page.locator("h1")).to_have_text("losses.py:Robust")
    expect(page.locator(".verdict")).to_contain_text("The gradient at (0, 0) is nan")
    assert page.locator("svg.plot").count() == 2
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "\u22123")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: the input that shows it").click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("import numpy as np\ny_true = np.array(")


def test_checks_are_filtered_and_opened(visit):
    page = visit("checks")
    listed = page.locator(".index li:visible")
    assert listed.count() == 2
    page.get_by_role("button", name="1 fault").click()
    assert listed.all_inner_texts()[0].startswith("fault\nlosses.py:Robust") or (
        "losses.py:Robust" in listed.all_inner_texts()[0]
    )
    assert listed.count() == 1 and "status=fault" in page.url
    page.get_by_role("link", name="losses.py:Robust").click()
    expect(page.get_by_text("What was asked").first).to_be_visible()
