"""The test matrix: `nox` alone runs what CI runs, `nox -l` lists the sessions.

The axes (backends, devices, Python versions) stand in `ci/matrix.toml`, the versions
that are installed in `ci/constraints/`. What follows `--` goes to the program of the
session: `nox -s parity -- --backends jax,torch --loss Huber`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - nox may run on any Python
    sys.exit(
        "portable_losses needs Python 3.11 or newer, nox runs on "
        f"{sys.version_info.major}.{sys.version_info.minor}: make the environment "
        "again with `python3.11 -m venv .venv`."
    )

import nox

ROOT = Path(__file__).resolve().parent
CI = ROOT / "ci"
# The folder is no package: its scripts run in environments that lack this one.
sys.path.insert(0, str(CI))

import matrix  # noqa: E402 - found only once the line above has run

MATRIX = matrix.load()
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
# Versions are pinned, so pip repairs an environment that has fallen behind; a second
# run then costs seconds. `nox -R` skips even that, `nox --reuse-venv never` starts
# afresh.
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests", "parity", "harness", "wheel"]

# Tests share the cores: a process for each, four at most, since each holds a backend.
# Neighbors stay together, which compile the same shapes.
IN_PARALLEL = ("-n", "auto", "--maxprocesses", "4", "--dist")

# Processes that share the cores take a thread each. With one for each core, those of
# PyTorch wait for each other: beside another program of docs/examples on two cores,
# find_boxes took 115 s; with one thread each, 27 s.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

# Half of a unit test's time on JAX was XLA's, which compiled for a single call. It now
# leaves out what makes code fast, not what makes it right: code as XLA has it for users
# is what `parity`, `harness` and `compat` run. XLA ends a process that names a flag
# which its version lacks, so these go with the pinned versions alone. TensorFlow 2.21
# takes the first alone: with the second, its XLA gave a number in place of the NaN for
# a class index out of range.
QUICK_TO_COMPILE = (
    "--xla_backend_optimization_level=0",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)

# Tests on JAX compile the same small code again in every process. What one of them has
# compiled, the others of this run of nox find here.
COMPILED = Path(tempfile.mkdtemp(prefix="portable_losses_compiled_"))
atexit.register(shutil.rmtree, COMPILED, ignore_errors=True)

# The names of a system's Chromium, or of a browser that is built on it.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# On a terminal pip draws its own bars. A log gets a line now and then instead.
BARS = sys.stdout.isatty() and not os.environ.get("CI")

# Tests that differentiate by the adapter of the backend, so that they run on any.
ANY_BACKEND = "tests/layers/test_any_backend.py"

# What two backends exchange in `compat`: a model for each loss of the family that has
# most of the kinds of arguments, and the trainings on real data.
EXCHANGED = ("--family", "regression,training")

each_backend = nox.parametrize(
    "backend", [nox.param(name, id=name) for name in MATRIX.backends]
)


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types, the layout of the imports, and generated pages."""
    prepare(session)
    install(session, "click", "jinja2", "keras", "numpy", "rich", groups=["lint"])
    with ahead(session):
        session.run("ruff", "format", "--check", ".")
        session.run("ruff", "check", ".")
        session.run("mypy")
        session.run("python", "ci/check_types.py")
        session.run("python", "ci/check_layout.py")
        if (CI / "make_docs.py").exists():
            session.run("python", "ci/make_docs.py", "--check")


@nox.session
@each_backend
def tests(session: nox.Session, backend: str) -> None:
    """Unit tests and the programs of docs/examples, with this backend alone."""
    prepare(session, backend)
    install(
        session,
        "-e",
        f".[{MATRIX.extras([backend])},parity]",
        groups=["test", "examples"],
        backends=(backend,),
    )
    only(session, backend)
    pytest = ["python", "-m", "pytest", *IN_PARALLEL, "worksteal"]
    if MATRIX.backends[backend].compiles and not session.posargs:
        pytest.append("--brief")  # `-- tests` runs all parameters there, too
    quick = QUICK_TO_COMPILE if backend == "jax" else QUICK_TO_COMPILE[:1]
    flags = " ".join((*quick, os.environ.get("XLA_FLAGS", "")))
    env = ONE_THREAD | {"XLA_FLAGS": flags.strip()}
    env |= compiled_once() if backend == "jax" else {}
    pytest += ["--ignore=tests/parity", "tests", *session.posargs]
    with ahead(session):
        session.run(*pytest, env=env)
        if session.posargs:
            return
        # Here, since an environment of their own would be the same one once more.
        examples = ("python", "ci/run_examples.py", "--processes", str(os.cpu_count()))
        # On TensorFlow the programs take longer with the flags.
        session.run(*examples, env=env if backend == "jax" else ONE_THREAD)


@nox.session
def parity(session: nox.Session) -> None:
    """Every case on every backend (-- --family, --loss, --backends, --device, ...)."""
    backends = asked_for(session)
    prepare(session)
    extras = f".[{MATRIX.extras(backends)},parity]"
    install(session, "-e", extras, backends=backends)
    # The process that starts the workers needs no backend of its own.
    env = compiled_once() | ONE_THREAD | {"KERAS_BACKEND": "numpy"}
    # A second worker starts in the seconds that a few losses take.
    quick = () if session.posargs else ("--quick", " ".join(QUICK_TO_COMPILE))
    program = ("python", "-m", "portable_losses.parity", *quick, *session.posargs)
    session.run(*program, env=env)


@nox.session(venv_backend="none")
def harness(session: nox.Session) -> None:
    """Tests of the harness itself, in the environment of `parity`."""
    python = environment_of_parity(session)
    extras = f".[{MATRIX.extras(list(MATRIX.backends))},parity]"
    install(
        session,
        "-e",
        extras,
        groups=["test", "examples", "browser"],
        backends=tuple(MATRIX.backends),
        python=python,
    )
    pytest = (python, "-m", "pytest")
    env = compiled_once() | ONE_THREAD | {"KERAS_BACKEND": "jax"}
    if session.posargs:
        session.run(*pytest, *session.posargs, env=env, external=True)
        return
    # The mutants first: a check that misses its own fault proves nothing.
    mutants = "tests/parity/test_mutants.py"
    for backend in MATRIX.backends:
        its = env | {"KERAS_BACKEND": backend}
        session.run(*pytest, *IN_PARALLEL, "worksteal", mutants, env=its, external=True)
    # In the order of tests/parity/conftest.py: files that take minutes come first.
    by_file = (*IN_PARALLEL, "loadscope", "--no-loadscope-reorder")
    others = (*by_file, "tests/parity", f"--ignore={mutants}")
    session.run(*pytest, *others, env=env, external=True)


@nox.session
def browser(session: nox.Session) -> None:
    """On request: the pages of the harness in a browser (-- -k phone)."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    line = "apt-get install --yes chromium"
    if program is None and os.environ.get("CI") and shutil.which("apt-get"):
        session.run("apt-get", "update", external=True)
        session.run(*line.split(), external=True)
    elif program is None and not os.environ.get("CHROMIUM"):
        session.skip(
            f"there is no Chromium here: `sudo {line}` installs it on Debian and "
            "Ubuntu; or set CHROMIUM to the program of one"
        )
    backend = "jax"  # the quickest to install
    prepare(session, backend)
    extras = f".[{MATRIX.extras([backend])},parity]"
    install(session, "-e", extras, groups=["test", "browser"], backends=(backend,))
    pytest = ("python", "-m", "pytest", "tests/parity/test_browser.py")
    session.run(*pytest, *session.posargs)


@nox.session(reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel and the sdist, and use the wheel away from the source tree."""
    backend = "jax"  # the quickest to install
    prepare(session, backend)
    install(session, groups=["wheel"])
    with tempfile.TemporaryDirectory() as folder:
        # By way of the sdist, which is thereby shown to be complete.
        session.run("python", "-m", "build", "--outdir", folder, silent=True)
        (built,) = Path(folder).glob("*.whl")
        session.run("python", "ci/check_wheel.py", "contents", str(built))
        install(session, f"{built}[{MATRIX.extras([backend])},parity]")
        with session.chdir(folder):
            session.run("python", str(CI / "check_wheel.py"), "train", str(ROOT))
            harness = ("python", "-m", "portable_losses.parity")
            asked = ("--backends", backend, "--family", "regression")
            session.run(*harness, *asked, env=compiled_once())


@nox.session
@each_backend
def examples(session: nox.Session, backend: str) -> None:
    """On request: docs/examples alone (-- segment_coins; -- --claims: five seeds)."""
    prepare(session, backend)
    extras = f".[{MATRIX.extras([backend])},parity]"
    install(session, "-e", extras, groups=["examples"], backends=(backend,))
    only(session, backend)
    session.run("python", "ci/run_examples.py", *session.posargs)


@nox.session
@each_backend
def migration(session: nox.Session, backend: str) -> None:
    """On request: the losses of other libraries, and ours in their place."""
    prepare(session, backend)
    extras = f".[{MATRIX.extras([backend])},parity]"
    groups = ["test", f"migration-{backend}"]
    install(session, "-e", extras, groups=groups, backends=(backend,))
    only(session, backend)
    session.run("python", "-m", "pytest", "tests/docs/test_migration.py")


# Built anew each time: an environment of the wrong Python must not be taken for it.
@nox.session(reuse_venv=False)
@nox.parametrize(
    ["python", "row"],
    [
        nox.param(matrix.interpreter(row.python), row, id=name)
        for name, row in MATRIX.compat.items()
    ],
)
def compat(session: nox.Session, row: matrix.Row) -> None:
    """On request: the oldest versions, newer Pythons, Keras and backends to come."""
    if matrix.interpreter(row.python) is None:
        session.error(
            f"Python {row.python} is not on PATH: install it (`pyenv install "
            f"{row.python}`, or your system's package python{row.python}), and run "
            f'`nox -s "compat({row.name})"` again'
        )
    own = bool(row.install)
    backends = asked_for(session) if session.posargs and not own else row.backends
    prepare(session)
    extras = "parity" if own else f"{MATRIX.extras(backends)},parity"
    install(
        session,
        "-e",
        f".[{extras}]",
        *row.install,
        groups=["test"],
        constraints=row.constraints,
        backends=() if own else tuple(backends),
    )
    if row.keras != "keras":
        # One package under two names: removed after, the released Keras would take the
        # files of the other along.
        uninstall = ("python", "-m", "pip", "uninstall", "--quiet", "--yes")
        session.run_install(*uninstall, "keras")
        install(session, row.keras, constraints=row.constraints)
    session.run("python", "ci/check_environment.py", "--keras", row.keras)
    for backend in backends:
        # On other backends the tests of what the matrix does not have: the layers. The
        # package is imported first, since it may have to add the backend to Keras.
        of_any = ("-p", "portable_losses.layers", ANY_BACKEND)
        chosen = of_any if own else ("--ignore=tests/parity", "tests")
        session.run(
            *("python", "-m", "pytest", *IN_PARALLEL, "worksteal", *chosen),
            env={"KERAS_BACKEND": backend, **row.variables},
        )
    asked = session.posargs or ["--backends", ",".join(backends)]
    if row.losses and not session.posargs:
        asked += ["--loss", ",".join(row.losses)]
    if own and not session.posargs:
        # OpenVINO compiles each loss, and gets a second worker for some checks.
        asked += ["--quick", " ".join(QUICK_TO_COMPILE)]
    env = {"KERAS_BACKEND": "numpy", **row.variables}
    harness = ("python", "-m", "portable_losses.parity")
    session.run(*harness, *asked, env=env)
    if row.beside and not session.posargs:
        both = ("--backends", ",".join((*backends, *row.beside)))
        where = ("--output", "build/parity/exchange")
        session.run(*harness, *both, *EXCHANGED, *where, env=env)


@nox.session
@each_backend
def bench(session: nox.Session, backend: str) -> None:
    """On request: ours against Keras and others (-- drop_ins; -- --list; --peers)."""
    try:
        peers, constraints = MATRIX.compared(session.posargs, backend)
    except ValueError as error:
        session.error(str(error))
    prepare(session, backend)
    wanted = ("-e", f".[{MATRIX.extras([backend])}]", *peers)
    if constraints == MATRIX.constraints:
        install(session, *wanted, groups=["bench"])
        only(session, backend)
        session.run("python", "ci/benchmarks", *session.posargs)
        return
    # Other versions: an environment of their own, ours there too.
    folder = Path(session.virtualenv.location)
    folder = folder.with_name(f"{folder.name}-{constraints.stem}")
    if not folder.exists():
        session.run_install("python", "-m", "venv", str(folder))
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    groups = nox.project.dependency_groups(PYPROJECT, "bench")
    pip = (python, "-m", "pip", "install", "--quiet", "--no-compile")
    session.run_install(*pip, "-c", str(constraints), *wanted, *groups, external=True)
    check = ("ci/check_environment.py", "--only", backend)
    session.run(python, *check, external=True)
    session.run(python, "ci/benchmarks", *session.posargs, external=True)


@nox.session
def ops(session: nox.Session) -> None:
    """On request: the chart of keras.ops, and docs/ops.md (-- --op abs prints it)."""
    backends = asked_for(session)
    prepare(session)
    extras = f".[{MATRIX.extras(backends)},parity]"
    install(session, "-e", extras, backends=backends)
    env = {"KERAS_BACKEND": "numpy"}
    chart = ("python", "-m", "portable_losses.parity", "--ops")
    session.run(*chart, *session.posargs, env=env)
    if not session.posargs:
        session.run("python", "ci/make_docs.py", "--ops", "build/parity")


@nox.session(venv_backend="none")
def audit(session: nox.Session) -> None:
    """On request: check keras.losses, and write docs/audit.md again."""
    python = environment_of_parity(session)
    backends = tuple(MATRIX.backends)
    extras = f".[{MATRIX.extras(list(backends))},parity]"
    install(session, "-e", extras, backends=backends, python=python)
    found = check_keras(session, python, backends, "found")
    env = {"KERAS_BACKEND": "numpy"}
    keep = (python, "ci/audit.py", "keep", found)
    session.run(*keep, env=env, external=True)
    session.run(python, "ci/make_docs.py", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """On request: the generated pages, and the site in build/site (-- --no-gallery)."""
    backend = "jax"  # the quickest to install
    asked = [option for option in session.posargs if option != "--no-gallery"]
    prepare(session, backend)
    extras = f".[{MATRIX.extras([backend])},parity]"
    install(session, "-e", extras, groups=["docs", "examples"], backends=(backend,))
    session.run("python", "ci/make_docs.py", *asked)
    session.run("python", "ci/code_blocks.py")
    if "--no-gallery" not in session.posargs:
        session.run("python", "ci/website/drawings.py")
    # The environment of `parity` has every backend, if it is there: more curves.
    every = session.cache_dir.parent / "parity" / "bin" / "python"
    python, backends = "python", [backend]
    if every.exists():
        python, backends = str(every), list(MATRIX.backends)
    curves = ROOT / "build" / "curves"
    curves.mkdir(parents=True, exist_ok=True)
    for each in backends:
        out, env = str(curves / f"{each}.json"), {"KERAS_BACKEND": each}
        session.run(
            python, "ci/website/curves.py", out, env=env, external=every.exists()
        )
    session.run("python", "ci/website")


@nox.session
@each_backend
def properties(session: nox.Session, backend: str) -> None:
    """On request, nightly: 200 generated inputs of each loss (-- -k Huber for one)."""
    prepare(session, backend)
    extras = f".[{MATRIX.extras([backend])},parity]"
    install(session, "-e", extras, groups=["test"], backends=(backend,))
    only(session, backend)
    pytest = ("python", "-m", "pytest", *IN_PARALLEL, "worksteal", "tests/properties")
    session.run(*pytest, *session.posargs, env={"PROPERTIES_EXAMPLES": "200"})


@nox.session
def nightly(session: nox.Session) -> None:
    """On request: the audit and the matrix on the newest releases, nightly ones too."""
    only_audit = session.posargs == ["--audit"]
    backends = tuple(MATRIX.backends) if only_audit else asked_for(session)
    prepare(session)
    # Not `-e .[...]` with its dependencies: that would put the released Keras on top of
    # the nightly one, which is the same package under another name.
    released = PYPROJECT["project"]["optional-dependencies"]["parity"]
    session.install("--quiet", "--no-compile", *released)
    newest = [MATRIX.backends[name].nightly for name in backends]
    session.install("--quiet", "--no-compile", "--pre", "keras-nightly", *newest)
    session.install("--quiet", "--no-deps", "-e", ".")
    session.run("python", "ci/check_environment.py")
    # What upstream fixes, or breaks, is news and no failure.
    found = check_keras(session, "python", backends, "nightly")
    session.run("python", "ci/audit.py", "compare", found)
    if not only_audit:
        asked = session.posargs or ["--backends", ",".join(backends)]
        session.run("python", "-m", "portable_losses.parity", *asked)


def check_keras(
    session: nox.Session, python: str, backends: Sequence[str], name: str
) -> str:
    """Audit Keras's own losses, and return the file of what was found.

    A fault is what an audit is for, and a loss that cannot be checked is told there. A
    machine that is busy with other things must not make a loss one that hangs.
    """
    found = ROOT / "build" / "audit" / f"{name}.json"
    command = (python, "portable_losses/command/entry.py", "check", "keras.losses")
    asked = ("--backends", ",".join(backends), "--json", str(found), "--timeout", "300")
    env = {"KERAS_BACKEND": "numpy"}
    session.run(*command, *asked, env=env, success_codes=[0, 1, 2], external=True)
    return str(found)


def prepare(
    session: nox.Session, backend: str | None = None, location: Path | None = None
) -> None:
    """Set the variables that decide how Keras and the backends behave."""
    location = location or Path(session.virtualenv.location)
    session.env.update(
        # A session without a backend of its own runs as for a user who chose none.
        KERAS_BACKEND=backend,
        # The keras.json of the person who runs this must not choose the numbers.
        KERAS_HOME=str(location.resolve() / "keras"),
        MPLBACKEND="Agg",
        # `install` leaves the byte code to the first import, which has to be kept.
        PYTHONDONTWRITEBYTECODE=None,
        TF_CPP_MIN_LOG_LEVEL="3",
    )


@contextlib.contextmanager
def ahead(session: nox.Session) -> Iterator[None]:
    """Install the environment of the session after this one while this one runs.

    Only where `nox` runs everything, and where that environment is not there: pip keeps
    one core busy, and seldom more. If it fails, the next session says why.
    """
    tested = [f"tests({name})" for name in MATRIX.backends]
    order = ["lint", *tested, "parity"]
    following = order[order.index(session.name) + 1]
    envs = session.cache_dir.parent
    folder = envs / following.replace("(", "-").rstrip(")")
    if sys.argv[1:] or folder.exists():
        yield
        return
    nox_ = (sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"))
    with (envs / "ahead.log").open("w") as log:
        command = (*nox_, "--install-only", "--session", following)
        installer = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
            if installer.poll() is None:
                session.log(f"pip is still at work on {following}")
                with told(folder):
                    installer.wait()
        finally:
            installer.terminate()


def asked_for(session: nox.Session) -> tuple[str, ...]:
    """Return the backends that the arguments of the harness name: all by default."""
    try:
        return MATRIX.chosen(session.posargs)
    except ValueError as error:
        session.error(str(error))


def environment_of_parity(session: nox.Session) -> str:
    """Return the Python of `parity`'s environment, which is made if it is not there.

    nox gives every session an environment of its own, and this one holds three
    backends.
    """
    location = session.cache_dir.parent / "parity"
    prepare(session, location=location)
    folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    python = location / folder / name
    if not python.exists():
        make = (sys.executable, "-m", "virtualenv", "--quiet", str(location))
        session.run(*make, external=True)
    return str(python)


def install(
    session: nox.Session,
    *requirements: str,
    groups: list[str] | None = None,
    constraints: Path = MATRIX.constraints,
    backends: tuple[str, ...] = (),
    python: str | None = None,
) -> None:
    """Install requirements and dependency groups at the pinned versions.

    Args:
        session: the session.
        requirements: what pip is to install.
        groups: dependency groups of pyproject.toml.
        constraints: the file of the versions.
        backends: the backends among the requirements, whose sizes are said.
        python: the Python of another environment than the session's own.
    """
    wanted = [*requirements, *nox.project.dependency_groups(PYPROJECT, *groups or [])]
    # Compiling the byte code of whole backends ahead, most of which is never imported,
    # would double the time.
    options = ["--no-compile", "-c", str(constraints)]
    if not BARS:
        options.insert(0, "--quiet")
    location = Path(python).parents[1] if python else Path(session.virtualenv.location)
    missing = [b for b in backends if not any(location.glob(f"[Ll]ib/**/{b}"))]
    if missing:
        sizes = ", ".join(f"{b} ({MATRIX.backends[b].download})" for b in missing)
        session.log(f"pip downloads what its cache does not have of {sizes}")
    # Where pip unpacks what it downloads, so that it counts, and has room.
    unpacked = location / "tmp"
    unpacked.mkdir(parents=True, exist_ok=True)
    env = {"TMPDIR": str(unpacked)}
    with told(location):
        if python:
            pip = (python, "-m", "pip", "install")
            session.run(*pip, *options, *wanted, env=env, external=True)
        else:
            session.install(*options, *wanted, env=env, silent=False)


def compiled_once() -> dict[str, str]:
    """The variables by which processes on JAX share what they have compiled."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(COMPILED),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


@contextlib.contextmanager
def told(location: Path) -> Iterator[None]:
    """Where pip draws no bar, say every eight seconds that it is at work."""
    done, start = threading.Event(), time.monotonic()

    def tell() -> None:
        while not done.wait(8):
            seconds = time.monotonic() - start
            print(
                f"pip install: {seconds:.0f} s, {megabytes(location):,} MB", flush=True
            )

    if not BARS:
        threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def megabytes(folder: Path) -> int:
    """Return the size of what has been downloaded or installed."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size
    return total // 1_000_000


def only(session: nox.Session, backend: str) -> None:
    """State what is installed, and fail where there is more than this backend."""
    session.run("python", "ci/check_environment.py", "--only", backend)
