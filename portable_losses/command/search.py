"""Finds losses of the catalogue by name, synonym, problem, family or a peer's name."""

import dataclasses
import difflib
import re
from collections.abc import Iterable, Sequence

from portable_losses.command.catalogue import Entry, entries
from portable_losses.command.peers import Peer, peers
from portable_losses.command.words import FILLER, LIKE, bare, one, squash, tokens

NAME, SYNONYM, PART, TITLE, FAMILY, PROBLEM, ABOUT, DEEP = 100, 90, 60, 50, 40, 30, 9, 3
"""The score of a word, by where it was found."""
CUTOFF = 0.7
"""The similarity of two names from which one counts as a misspelling of the other."""


@dataclasses.dataclass(frozen=True)
class Found:
    """The result of a search.

    Args:
        entries: the entries, the best first.
        peers: losses of other libraries that the words name.
        instead: the name that was searched instead, if the words are a misspelling.
    """

    entries: tuple[Entry, ...]
    peers: tuple[Peer, ...] = ()
    instead: str = ""


def search(words: Sequence[str], table: Iterable[Peer] | None = None) -> Found:
    """Find the entries that the words name; all entries without words."""
    query = " ".join(words).strip()
    catalogue = entries()
    if not query:
        return Found(catalogue)
    table = tuple(peers() if table is None else table)
    theirs = _of_peers(query, table)
    ours = dict.fromkeys(peer.ours for peer in theirs)
    exact = [entry for name in ours for entry in catalogue if entry.name == name]
    # For the loss of another library, only its replacement is returned, and not losses
    # that share a word with its name.
    alone = exact and not _is_ours(query, catalogue)
    ranked = [] if alone else _ranked(query, catalogue)
    best = [e for e in ranked if squash(e.name) == squash(query)]
    found = tuple(dict.fromkeys([*best, *exact, *ranked]))
    if found or theirs:
        return Found(found, theirs)
    near = nearest(query, table)
    if near and squash(near) != squash(query):
        again = search([near], table)
        return Found(again.entries, again.peers, near)
    return Found(())


def nearest(query: str, table: Iterable[Peer] = ()) -> str:
    """The name, synonym or problem that a query likely misspells; else empty."""
    known = {bare(peer.theirs): peer.theirs for peer in table}
    for entry in entries():
        known |= {bare(phrase): phrase for phrase in _phrases(entry)}
        known |= {word: word for word in tokens(entry.title) if len(word) > 3}
    known |= {word: word for word in LIKE}
    known |= {squash(entry.family): entry.family for entry in entries()}
    known |= {bare(entry.name): entry.name for entry in entries()}
    known.pop("", None)
    near = difflib.get_close_matches(bare(query), known, n=1, cutoff=CUTOFF)
    return known[near[0]] if near else ""


def _is_ours(query: str, catalogue: Sequence[Entry]) -> bool:
    return any(bare(query) == bare(entry.name) for entry in catalogue)


# --- peers --------------------------------------------------------------------------


def _of_peers(query: str, table: Sequence[Peer]) -> tuple[Peer, ...]:
    """The losses of the table that the query names, with or without their library."""
    words = [w for w in re.split(r"[\s,:/]+", query) if w]
    libraries = {squash(peer.library) for peer in table}
    asked: set[str] = set()
    names = []
    for word in words:
        path = word.split(".")
        hits = {lib for lib in libraries if lib in {squash(part) for part in path[:-1]}}
        asked |= hits
        if squash(word) in libraries:
            asked.add(squash(word))
        elif one(squash(word)) not in FILLER:
            names.append(path[-1])
    if not names and not asked:
        return ()
    wanted = bare("".join(names))
    return tuple(
        peer
        for peer in table
        if not asked or squash(peer.library) in asked
        if not names or wanted in {bare(name) for name in (peer.theirs, *peer.also)}
    )


# --- ours ---------------------------------------------------------------------------


def _ranked(query: str, catalogue: Sequence[Entry]) -> list[Entry]:
    """The entries that fit, the best first, without those that hardly fit."""
    words = [word for word in query.split() if one(squash(word)) not in FILLER]
    words = words or query.split()
    scores: dict[Entry, float] = {}
    for entry in catalogue:
        whole = _whole(query, entry)
        each = [_score(word, entry) for word in words]
        if whole or all(each):
            scores[entry] = max(whole, sum(each) / len(each))
    if not scores and len(words) > 1:
        # No loss fits all words: take those that fit most of them.
        for entry in catalogue:
            each = [_score(word, entry) for word in words]
            if sum(each) >= PROBLEM * len(words) / 2:
                scores[entry] = sum(each) / len(each)
    best = max(scores.values(), default=0.0)
    kept = [entry for entry, score in scores.items() if score > best / 4]
    return sorted(kept, key=lambda e: (-scores[e], not e.is_loss, e.name))


def _whole(query: str, entry: Entry) -> float:
    """The score of the query as a name, synonym or family of the entry."""
    if bare(query) == bare(entry.name):
        return NAME
    if bare(query) in {bare(phrase) for phrase in _phrases(entry)}:
        return SYNONYM
    if squash(query) == squash(entry.family):
        return FAMILY
    return 0.0


def _score(word: str, entry: Entry) -> float:
    whole = _whole(word, entry)
    if whole:
        return whole
    parts = [part for part in tokens(word) if part != "loss"] or tokens(word)
    return min((_of_part(part, entry) for part in parts), default=0.0)


def _of_part(part: str, entry: Entry) -> float:
    if part in tokens(entry.name):
        return PART
    if part in tokens(entry.title) or (len(part) > 3 and part in bare(entry.name)):
        return TITLE
    if part in tokens(entry.family):
        return FAMILY
    stated = " ".join(f"{have}, {want}." for have, want in entry.problems)
    if part in tokens(stated):
        return PROBLEM
    said = f"{stated} {entry.title} {entry.about} {entry.family}".lower()
    if any(like in said for like in LIKE.get(part, ())):
        return PROBLEM - 2
    if part in tokens(entry.about) or part in entry.arguments:
        return ABOUT
    return DEEP if part in tokens(entry.document) else 0.0


def _phrases(entry: Entry) -> list[str]:
    """The names that an entry's title lists."""
    found = re.split(r"[(),;:]| or | and |'s ", entry.title)
    return [phrase.strip() for phrase in found if phrase.strip()]
