"""Types of the results of a run, as written to JSON and read by the report."""

from typing import Literal, NotRequired, TypedDict

Status = Literal["passed", "failed", "known", "not_applicable"]


class Counts(TypedDict):
    """How many checks ended in each status."""

    passed: int
    failed: int
    known: int
    not_applicable: int


class Summary(TypedDict):
    """A summary of the run: what ran, and the maxima over all cases."""

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
    """The options of the run.

    `command` runs it again; `whole` is whether it has all cases and checks.
    """

    command: str
    whole: bool
    module: str
    modes: str
    backends: list[str]
    checks: list[str]


class Environment(TypedDict):
    """What a worker actually ran on."""

    backend: str
    device: str
    modes: list[str]
    precision: str
    versions: dict[str, str]


class Outcome(TypedDict):
    """The outcome of a check; the message is the fault, or the reason of the status.

    `input` is the input that shows a fault, as code.
    """

    status: Status
    message: str
    input: NotRequired[str]


class CaseResult(TypedDict):
    """A case on one backend; no gradient error on NumPy.

    The seconds are CPU time, summed over all threads of the worker: it hardly depends
    on the load of the machine.
    """

    value_error: float | None
    gradient_error: float | None
    seconds: float
    checks: dict[str, Outcome]


class Between(TypedDict):
    """How far two backends differ."""

    value: float | None
    gradient: float | None
    ok: bool
    message: str


class CaseRow(TypedDict):
    """A case on every backend that ran, and between each pair of backends."""

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
    """A model that was saved on one backend and trained further on another.

    A model that could not be saved has one failure, with `loaded_on` equal to
    `saved_on`.
    """

    case: str
    saved_on: str
    loaded_on: str
    status: Literal["passed", "failed"]
    message: str


class Results(TypedDict):
    """All results of a run."""

    summary: Summary
    asked: NotRequired[Asked]
    environments: list[Environment]
    cases: list[CaseRow]
    training: dict[str, Training]
    histories: dict[str, HistoryRow]
    reload: list[Reload]
