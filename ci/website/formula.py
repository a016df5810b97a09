"""The formulas of the docstrings as LaTeX.

A docstring writes its formula so that `help()` shows it well, as in
`-w (1 - p_t)^gamma log p_t`. The pages show the same line as mathematics: there is no
second formula that could say something else. A word that is neither an argument of the
loss nor known here raises ValueError, so that no typing error is set in italics.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

GREEK = set(
    "alpha beta gamma delta epsilon theta mu nu omega phi rho tau pi Phi".split()
)
FUNCTIONS = {
    "log": r"\log",
    "exp": r"\exp",
    "sin": r"\sin",
    "cos": r"\cos",
    "cosh": r"\cosh",
    "tanh": r"\tanh",
    "max": r"\max",
    "min": r"\min",
    "atan": r"\arctan",
    "log10": r"\log_{10}",
    "logGamma": r"\log\Gamma",
    **{
        name: rf"\operatorname{{{name}}}"
        for name in (
            "sigmoid",
            "softmax",
            "softplus",
            "relu",
            "norm",
            "sg",
            "cov",
            "mse",
            "floor",
        )
    },
}
LARGE = {
    "sum": r"\sum",
    "prod": r"\prod",
    "mean": r"\operatorname{mean}",
}
WORDS = set("loss focal overlap invariance variance covariance pixels classes".split())
INDICES = set("ij si sj ip in jk jj kj ik yp".split())
WORDS |= {"views", "present", "F1"}
WORDS |= {"scale", "TP", "FP", "FN", "TI", "cs", "SSIM", "MS", "SoftDice"}
OPERATORS = {
    "<=": r"\le",
    ">=": r"\ge",
    "!=": r"\ne",
    "*": r"\ast",
    "...": r"\cdots",
}
PHRASES = {
    "mean over pixels of": "mean_{pixels}",
    "mean over classes of": "mean_{classes}",
    "+ the same in y": "+ «the same in y»",
    "alignments a of the labels": "«alignments» a «of the labels»",
    "k present": "k «present»",
    "MS-SSIM": "«MS-SSIM»",
    "d+": "d^{+}",
    "d-": "d^{-}",
    "and the same": "«and the same»",
}
TEXT = re.compile(r"(where|elsewhere|at|or|for|log z for|exp\(x_c - n\) for)\b")
PROSE = re.compile(r"(semi_hard|CLIP\()")
"""Paragraphs that are indented and no formula: a list of words, and code."""

TOKEN = re.compile(
    r"\s*(«[^»]*»|\.\.\.|<=|>=|!=|[A-Za-z][A-Za-z0-9]*'?|\d+(?:\.\d+)?(?:e-?\d+)?|.)"
)


def blocks(docstring: str) -> list[str]:
    """The indented paragraphs of a docstring before its shapes."""
    found: list[str] = []
    for part in textwrap.dedent(docstring).split("\n\n"):
        if re.match(r"(Shapes|Args):", part.strip()):
            break
        if part.startswith("    ") and not PROSE.match(part.strip()):
            found.append(textwrap.dedent(part).rstrip())
    return found


def latex(block: str, arguments: Iterable[str] = ()) -> str:
    """A paragraph of formulas as one LaTeX array: a row each, conditions beside it."""
    rows: list[str] = []
    indent = 0
    for line in block.split("\n"):
        deeper = len(line) - len(line.lstrip())
        if rows and (deeper > indent or re.match(r"[+\-/] ", line)):
            joined = rows[-1] + " " + line.strip()
            if line.strip()[0] == "(" and TEXT.search(rows[-1]):
                rows.append(line.strip())  # a second case, under the first
            else:
                rows[-1] = joined
            continue
        rows.append(line.strip())
    shown = [
        r" & ".join(
            _column(column, tuple(arguments)) for column in re.split(r"\s{3,}", row)
        )
        for row in rows
    ]
    width = max(row.count(" & ") for row in shown) + 1
    if len(shown) == 1 and width == 1:
        return shown[0]
    body = r" \\ ".join(shown)
    return rf"\begin{{array}}{{{'l' * width}}} {body} \end{{array}}"


def _column(text: str, arguments: tuple[str, ...]) -> str:
    condition = re.fullmatch(r"(where) (.*)", text)
    if condition:
        try:
            shown = Parser(condition[2], arguments).whole()
        except ValueError:  # in words
            shown = rf"\text{{{_plain(condition[2])}}}"
        return rf"\text{{where }} {shown}"
    if TEXT.match(text) or text in ("linear", "log", "quadratic"):
        return rf"\text{{{_plain(text)}}}"
    beside = re.search(r"\s*\[\+ (.*) (with full|where y > 1)\]$", text)
    more = ""
    if beside:
        text = text[: beside.start()]
        inner = Parser(beside[1], arguments).whole()
        more = rf"\; \left[ + {inner} \text{{ {beside[2]}}} \right]"
    tail = ""
    place = re.search(r"\s+(for class y, and|for the others)\s*", text)
    if place:
        parts = re.split(r"(for class y, and|for the others)", text)
        return r" \; ".join(
            rf"\text{{{p.strip()}}}" if p.startswith("for") else _column(p, arguments)
            for p in parts
            if p.strip(" ,")
        )
    words = re.search(r", (which|half|Cauchy|Welsch).*$", text)
    if words:
        text, tail = text[: words.start()], rf"\text{{{_plain(words[0])}}}"
    for phrase, token in PHRASES.items():
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?=[\s)}}]|$)", token, text)
    return Parser(text, arguments).whole() + more + tail


def _plain(text: str) -> str:
    return text.replace("_", r"\_").replace("`", "")


class Parser:
    """A recursive descent over one formula.

    A product is what stands side by side. `a b / c d` is (a b / c) d, and a sum or mean
    over an index of the divisor is left before the fraction.
    """

    def __init__(self, text: str, arguments: tuple[str, ...]) -> None:
        text = _named(text, arguments)
        self.tokens = [t for t in TOKEN.findall(text.strip()) if t.strip()]
        self.arguments, self.text, self.at = arguments, text, 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.next
        if not token or (wanted and token != wanted):
            raise ValueError(f"{self.text!r}: {wanted or 'more'} is missing at {token}")
        self.at += 1
        return token

    def whole(self) -> str:
        found = self.expression()
        if self.next:
            raise ValueError(f"{self.text!r}: {self.next!r} is not understood")
        return found

    def expression(self, end: str = "") -> str:
        parts: list[str] = []
        while self.next and self.next not in (end, ")", "]", "}"):
            if self.next in "+-=<>,:" or self.next in OPERATORS or self.next == "in":
                token = self.take()
                shown = {"in": r"\in", ",": ", "}.get(
                    token, OPERATORS.get(token, token)
                )
                parts.append(shown)
            else:
                parts.append(self.product(end))
        return " ".join(parts)

    def product(self, end: str = "") -> str:
        factors: list[tuple[str, str]] = []  # of a sum or mean also its index
        while self.next and self.next not in "+-=<>,:)]}" and self.next != end:
            if self.next in OPERATORS or self.next == "in":
                break
            if self.next != "/":
                factors.append(self.factor())
                continue
            self.take()
            below = self.divisor(end)
            first = max(
                (
                    i + 1
                    for i, (_, index) in enumerate(factors)
                    if index and _depends(below, index)
                ),
                default=0,
            )
            above = " ".join(shown for shown, _ in factors[first:])
            above, below = _bare(above), _bare(below)
            factors[first:] = [(rf"\frac{{{above}}}{{{below}}}", "")]
        if not factors:
            raise ValueError(f"{self.text!r}: a factor is missing at {self.next!r}")
        return r" \, ".join(shown for shown, _ in factors)

    def divisor(self, end: str) -> str:
        if self.next in LARGE:
            return self.product(end)
        return self.factor()[0]

    def factor(self) -> tuple[str, str]:
        token = self.take()
        index = ""
        if token == "(":
            shown = rf"\left( {self.expression()} \right)"
            self.take(")")
        elif token == "[":
            shown = rf"\left[ {self.expression()} \right]"
            self.take("]")
        elif token == "|":
            shown = rf"\left| {self.expression('|')} \right|"
            self.take("|")
        elif token.startswith("«"):
            shown = rf"\text{{{_plain(token[1:-1])}}}"
        elif token in ("abs", "sqrt") and self.next == "(":
            self.take("(")
            inner = self.expression()
            self.take(")")
            bars = rf"\left| {inner} \right|"
            shown = rf"\sqrt{{{inner}}}" if token == "sqrt" else bars
        elif re.match(r"\d", token):
            shown = token
        elif re.match(r"[A-Za-z@]", token):
            shown = self.name(token)
        else:
            raise ValueError(f"{self.text!r}: {token!r} is not understood")
        above = ""
        while self.next in ("_", "^") and self.next:
            if self.take() == "_":
                index = self.script()
                shown = rf"{shown}_{{{index}}}"
            else:
                above = _bare(self.script())
        if token in FUNCTIONS and self.next == "(":
            self.take()
            shown += rf"\left( {self.expression()} \right)"
            self.take(")")
            if self.next == "^":
                self.take()
                above = _bare(self.script())
        shown = rf"{shown}^{{{above}}}" if above else shown
        return shown, (index.split()[0] if index and token in LARGE else "")

    def script(self) -> str:
        if self.next == "{":
            self.take()
            inner = self.script_of_sign() or self.expression()
            self.take("}")
            return inner
        if self.next == "-":
            return self.take() + self.factor()[0]
        token = self.take()
        if token == "(":
            self.at -= 1
            return self.factor()[0]
        shown = token if re.match(r"\d", token) else self.name(token)
        if self.next == "_" and re.match(r"[A-Za-z]", token):
            self.take()
            shown = rf"{shown}_{{{self.script()}}}"
        return shown

    def script_of_sign(self) -> str:
        """The sign in d^{+}, which is no sum."""
        if self.next in "+-" and self.tokens[self.at + 1] == "}":
            return self.take()
        return ""

    def name(self, token: str) -> str:
        base = token.rstrip("'")
        prime = "'" * (len(token) - len(base))
        found = re.fullmatch(r"XARG(\d+)X", base)
        if found:
            argument = self.arguments[int(found[1])]
            if argument in GREEK:
                return rf"\{argument}"
            return rf"\mathrm{{{_plain(argument)}}}"
        if base in LARGE:
            return LARGE[base]
        if base in FUNCTIONS:
            return FUNCTIONS[base]
        if base in GREEK:
            return rf"\{base}{prime}"
        if len(base) == 1:
            return base + prime
        if base in INDICES:
            return base
        if base not in WORDS and re.fullmatch(r"[A-Za-z]\d", base):
            return f"{base[0]}_{{{base[1]}}}{prime}"
        if base in WORDS:
            return rf"\mathrm{{{base}}}"
        raise ValueError(f"{self.text!r}: {base!r} is no argument and no known word")


def _named(text: str, arguments: tuple[str, ...]) -> str:
    """A formula in which the arguments, which may hold `_`, are numbered."""
    for i in sorted(range(len(arguments)), key=lambda i: -len(arguments[i])):
        name = arguments[i]
        if len(name) > 1 and name not in FUNCTIONS and name not in LARGE:
            text = re.sub(rf"(?<![\w]){name}(?![A-Za-z0-9_])", f"XARG{i}X", text)
    return re.sub(r"\b(y)_(pred|true)\b", r"«\1_\2»", text)


def _depends(below: str, index: str) -> bool:
    """Whether a divisor has an index that no sum of its own runs over."""
    own = rf"_{{{index}}}" in "".join(re.findall(r"\\sum(_\{[^}]*\})", below))
    return not own and bool(
        re.search(rf"(?<![a-z\\]){re.escape(index)}(?![a-z])", below)
    )


def _bare(text: str) -> str:
    """Without the parentheses around the whole, which a fraction does not need."""
    if not (text.startswith(r"\left(") and text.endswith(r"\right)")):
        return text
    inner, depth = text[6:-7], 0
    for part in re.findall(r"\\left|\\right", inner):
        depth += 1 if part == r"\left" else -1
        if depth < 0:
            return text
    return inner.strip()
