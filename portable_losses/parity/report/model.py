"""The results of a run, as the runner writes them to JSON and the report reads them."""

from typing import Literal, NotRequired, TypedDict

Status = Literal["passed", "failed", "known", "not_applicable"]


class Counts(TypedDict):
    """How many checks ended in each status."""

    passed: int
    failed: int
    known: int
    not_applicable: int


class Summary(TypedDict):
    """The run in one place: what ran, and the maxima over all of it."""

    ok: bool
    date: NotRequired[str]
    time: NotRequired[str]
    machine: NotRequired[str]
    cases: int
    losses: int
    checks: Counts
    max_value_error: dict[str, float | None]
    max_gradient_error: dict[str, float | None]
    max_between_value: float | None
    max_between_gradient: float | None
    seconds: float


class Asked(TypedDict):
    """What was asked for.

    The command runs it again; `whole` is whether that is everything there is.
    """

    command: str
    whole: bool
    module: str
    modes: str
    backends: list[str]
    checks: list[str]


class Environment(TypedDict):
    """What a worker really ran on."""

    backend: str
    device: str
    modes: list[str]
    precision: str
    versions: dict[str, str]


class Outcome(TypedDict):
    """What a check found; the message is the fault, or the reason of the status.

    The input is that of a fault, as code.
    """

    status: Status
    message: str
    input: NotRequired[str]


class CaseResult(TypedDict):
    """A case on one backend; no gradient error on NumPy.

    The seconds are those of the CPU, all threads of the worker together: a machine with
    other users hardly changes them.
    """

    value_error: float | None
    gradient_error: float | None
    seconds: float
    checks: dict[str, Outcome]


class Between(TypedDict):
    """How far two backends are apart."""

    value: float | None
    gradient: float | None
    ok: bool
    message: str


class CaseRow(TypedDict):
    """A case on every backend that ran, and between each two of them."""

    id: str
    place: NotRequired[int]
    loss: str
    family: str
    kind: str
    scale: NotRequired[float]
    why: NotRequired[str]
    arguments: NotRequired[str]
    results: dict[str, CaseResult]
    between: dict[str, Between]


class Training(TypedDict):
    """The loss curve of every backend on one data set."""

    curves: dict[str, list[float]]
    largest_difference: float | None
    tolerance: float
    ok: bool
    message: NotRequired[str]


class HistoryRow(TypedDict):
    """Every number of a training run's history on every backend, epoch by epoch."""

    histories: dict[str, dict[str, list[float]]]
    largest_difference: float | None
    tolerance: float
    ok: bool
    message: str


class Reload(TypedDict):
    """A model that was saved on one backend and went on training on another.

    One that could not be saved has failed once, with `loaded_on` equal to `saved_on`.
    """

    case: str
    saved_on: str
    loaded_on: str
    status: Literal["passed", "failed"]
    message: str


class Results(TypedDict):
    """All of it."""

    summary: Summary
    asked: NotRequired[Asked]
    environments: list[Environment]
    cases: list[CaseRow]
    training: dict[str, Training]
    histories: dict[str, HistoryRow]
    reload: list[Reload]
