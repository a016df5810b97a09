"""The losses that a target of `portable-losses check` stands for: one, or all of a
place.
"""

from portable_losses.command import targets
from portable_losses.parity.examine.findings import Report, in_words
from portable_losses.parity.examine.session import Session


def expanded(
    session: Session, name: str, reports: list[Report]
) -> list[tuple[str, tuple[str, ...]]]:
    """The targets that a target stands for, with the other names of each.

    Args:
        session: imports the place, in a worker.
        name: a target, as the user wrote it.
        reports: a report is appended for each module that cannot be imported.
    """
    if not targets.is_whole(name) and not targets.is_class_of_ours(name):
        return [(name, ())]
    found = session.names(name)
    for module, error in found.get("unread", {}).items():
        reports.append(Report.unchecked(module, {"": error}))
    if found.get("names"):
        also = found.get("also", {})
        return [(target, tuple(also.get(target, ()))) for target in found["names"]]
    error = found.get("error") or found.get("ended")
    said = in_words(error) if error else f"there are no losses in {name}"
    reports.append(Report(name, None, [], said))
    return []
