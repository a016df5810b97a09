"""All workloads by name, and what a person's words mean."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch

from benchmarks import workloads
from benchmarks.plan import PLAN
from benchmarks.workload import Study, Workload

Entry = Workload | Study
Registry = Mapping[str, Entry]


def load() -> dict[str, Entry]:
    """Return every workload, by its full name, in the order of files and lines."""
    found: dict[str, Entry] = {}
    for module in pkgutil.iter_modules(workloads.__path__):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{workloads.__name__}.{module.name}")
        for entry in loaded.WORKLOADS:
            if entry.full_name in found:
                raise ValueError(f"two workloads are named {entry.full_name!r}")
            found[entry.full_name] = entry
    return found


def choose(registry: Registry, words: Sequence[str]) -> list[Entry]:
    """Return what groups, names, patterns as `pins/log*`, P0 to P14 mean; or all."""
    if not words:
        return list(registry.values())
    chosen: dict[str, Entry] = {}
    for word in (w for asked in words for w in PLAN.get(asked.upper(), (asked,))):
        found = [
            entry for entry in registry.values() if _is_meant(entry.full_name, word)
        ]
        if not found:
            groups = {entry.group for entry in registry.values()}
            raise unknown("workload", word, [*PLAN, *sorted(groups), *registry])
        chosen.update((entry.full_name, entry) for entry in found)
    return list(chosen.values())


def number_of(name: str) -> str:
    """The number by which the workload of a full name may be asked for, or nothing."""
    for number, words in PLAN.items():
        if any(_is_meant(name, word) for word in words):
            return number
    return ""


def _is_meant(name: str, word: str) -> bool:
    return word in (name, name.partition("/")[0]) or fnmatch(name, word)


def peers_of(entries: Sequence[Entry]) -> list[str]:
    """Return the names of all peers that some workloads have."""
    peers: dict[str, None] = {}
    for entry in entries:
        peers.update(
            dict.fromkeys(entry.peers if isinstance(entry, Workload) else (entry.peer,))
        )
    return list(peers)


def unknown(argument: str, word: str, known: Sequence[str]) -> ValueError:
    """An error that names the nearest of what is known."""
    near = difflib.get_close_matches(word, known, 1, 0.4)
    if not near:
        tails = {name.rpartition("/")[2]: name for name in reversed(known)}
        near = [tails[t] for t in difflib.get_close_matches(word, tails, 1, 0.4)]
    remedy = f"did you mean {near[0]!r}? " if near else ""
    return ValueError(
        f"bench: `{argument}` must be one that `--list` shows; got "
        f"{argument}={word!r} ({remedy}`--list` shows them all)"
    )
