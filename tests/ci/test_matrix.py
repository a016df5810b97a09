import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import matrix
import pytest

import portable_losses
from portable_losses._adapters import facts

HEALTHY = """
[backends.jax]
extra = "jax"
download = "90 MB"
install = "pip install jax"
nightly = "jax"
compiles = true

[devices.cpu]

[pins]
constraints = "ci.txt"

[peers.optax]
backends = ["jax"]
install = "optax"
module = "optax"
constraints = "ci.txt"

[compat.minimum]
python = "3.11"
backends = ["jax"]
constraints = "ci.txt"
"""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((matrix.ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def load(folder: Path, text: str) -> matrix.Matrix:
    (folder / "ci.txt").touch()
    path = folder / "matrix.toml"
    path.write_text(text, encoding="utf-8")
    return matrix.load(path)


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if line and line[0] not in "#-"]
    return {name: version for name, version in found}


def lower_bounds(requirements: list[str]) -> dict[str, str]:
    found = [re.match(r"([\w-]+)>=([\d.]+)", text) for text in requirements]
    assert all(found), f"each requirement has a lower bound: {requirements}"
    return {m[1]: m[2] for m in found if m}


def test_matrix_of_this_repository() -> None:
    found = matrix.load()
    assert list(found.backends) == ["tensorflow", "jax", "torch"]
    to_come = ["keras-nightly", "mlx", "openvino"]
    assert list(found.compat) == ["minimum", "3.12", "3.13", *to_come, "tinygrad"]
    replaced = {name: row.keras for name, row in found.compat.items()}
    assert {replaced.pop(name) for name in to_come} == {"keras-nightly"}
    assert set(replaced.values()) == {"keras"}
    assert found.extras(["jax", "torch"]) == "jax,torch"


def test_extras_exist(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    assert {b.extra for b in matrix.load().backends.values()} < set(extras)


def test_minimum_pins_are_the_lower_bounds(project: dict[str, Any]) -> None:
    table = project["project"]
    requirements = sum(table["optional-dependencies"].values(), table["dependencies"])
    requirements = requirements + project["dependency-groups"]["test"]
    pinned = pins(matrix.load().compat["minimum"].constraints)
    for name, bound in lower_bounds(requirements).items():
        assert (pinned[name] + ".").startswith(bound + "."), name


def test_the_coming_keras_is_pinned_and_all_else_is_as_in_ci() -> None:
    found = matrix.load()
    row = found.compat["keras-nightly"]
    assert list(pins(row.constraints)) == [row.keras]
    assert f"-c {found.constraints.name}" in row.constraints.read_text().splitlines()
    assert row.constraints.parent == found.constraints.parent


@pytest.mark.parametrize("name", ["mlx", "openvino"])
def test_a_backend_that_is_a_package_is_installed_by_its_row(name: str) -> None:
    row = matrix.load().compat[name]
    assert row.backends == (name,) and f"keras-{name}" in row.install
    assert list(pins(row.constraints)) == [f"keras-{name}", name]
    nightly = matrix.load().compat["keras-nightly"].constraints
    assert f"-c {nightly.name}" in row.constraints.read_text().splitlines()


def test_a_row_that_names_losses_has_the_harness_run_those_alone() -> None:
    found = matrix.load()
    row = found.compat["tinygrad"]
    assert list(pins(row.constraints)) == ["keras-tinygrad", "tinygrad"]
    assert f"-c {found.constraints.name}" in row.constraints.read_text().splitlines()
    assert set(row.losses) < set(portable_losses.__all__)
    assert not any(r.losses for n, r in found.compat.items() if n != "tinygrad")


def test_a_row_that_installs_its_backends_may_name_any(tmp_path: Path) -> None:
    row = HEALTHY + '\n[compat.new]\npython = "3.11"\nbackends = ["new"]\n'
    row += 'constraints = "ci.txt"\n'
    with pytest.raises(ValueError, match="unknown backend 'new'"):
        load(tmp_path, row)
    found = load(tmp_path, row + 'install = ["keras-new"]\n')
    assert found.compat["new"].install == ("keras-new",)


def test_ci_pins_are_exact_and_cover_what_sessions_install(
    project: dict[str, Any],
) -> None:
    table = project["project"]
    requirements = sum(table["optional-dependencies"].values(), table["dependencies"])
    for group in ("test", "lint", "wheel", "bench", "docs", "browser"):
        requirements = requirements + project["dependency-groups"][group]
    assert set(lower_bounds(requirements)) <= set(pins(matrix.load().constraints))


def test_python_versions_are_those_of_the_classifiers(project: dict[str, Any]) -> None:
    prefix = "Programming Language :: Python :: 3."
    claimed = [c for c in project["project"]["classifiers"] if c.startswith(prefix)]
    assert [c.split(" :: ")[2] for c in claimed] == [
        row.python
        for row in matrix.load().compat.values()
        if row.keras == "keras" and not row.install
    ]
    assert project["project"]["requires-python"] == ">=3.11"


def test_healthy_twin_loads(tmp_path: Path) -> None:
    found = load(tmp_path, HEALTHY)
    assert list(found.backends) == ["jax"] and found.compat["minimum"].keras == "keras"
    other = load(tmp_path, HEALTHY + 'keras = "keras-nightly"\n')
    assert other.compat["minimum"].keras == "keras-nightly"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[devices.cpu]", "", "axis 'devices' is empty"),
        ("[devices.cpu]", "[devices]", "axis 'devices' is empty"),
        ("[devices.cpu]", "[devices.cpu]\n[dtypes.half]", "unknown axis 'dtypes'"),
        ('backends = ["jax"]', "backends = []", "compat.minimum has no backends"),
        ('backends = ["jax"]', 'backends = ["mxnet"]', "unknown backend 'mxnet'"),
        ('constraints = "ci.txt"', 'constraints = "x.txt"', "no such constraints file"),
        ('install = "optax"', "", "optax must have exactly backends, install"),
        ('extra = "jax"', "", "jax must have exactly extra, download, install"),
        ('python = "3.11"', 'pyhton = "3.11"', "minimum must have exactly python"),
    ],
)
def test_wrong_axis_is_rejected(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in HEALTHY
    with pytest.raises(ValueError, match=re.escape(message)):
        load(tmp_path, HEALTHY.replace(old, new))


@pytest.mark.parametrize(
    ("arguments", "backends"),
    [
        ([], ["tensorflow", "jax", "torch"]),
        (["--loss", "Huber"], ["tensorflow", "jax", "torch"]),
        (["--backends", "torch,jax"], ["jax", "torch"]),
        (["--backends=jax", "--device", "cpu"], ["jax"]),
    ],
)
def test_backends_that_arguments_ask_for(
    arguments: list[str], backends: list[str]
) -> None:
    assert list(matrix.load().chosen(arguments)) == backends


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backends", "jax,pytorch"], "unknown backend 'pytorch' .*jax, tensorflow"),
        (["--backends"], "unknown backend ''"),
        (["--backends="], "unknown backend ''"),
        (["--family", ""], "--family is empty: name what to run"),
        (["--loss=Huber,"], "--loss is empty"),
        (["--backends", "jax", "--check="], "--check is empty"),
        (["--mode"], "--mode is empty"),
        (["--device=cuda"], "unknown device 'cuda' .*cpu, gpu, mps, tpu"),
    ],
)
def test_unknown_value_is_rejected(arguments: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        matrix.load().chosen(arguments)


def test_peers_that_need_nothing_are_not_installed() -> None:
    found = matrix.load()
    assert found.compared(["drop_ins"], "jax") == ([], found.constraints)
    assert found.compared(["--peers", "keras,torch"], "torch") == (
        [],
        found.constraints,
    )


def test_peers_are_installed_at_their_versions() -> None:
    found = matrix.load()
    words = ["ssim", "--peers", "kornia,monai"]
    assert found.compared(words, "torch") == (["kornia", "monai"], found.constraints)
    names, constraints = found.compared(["--peers=kornia,torchvision"], "torch")
    assert names == ["kornia", "torchvision"]
    assert constraints.name == "torchvision.txt"
    here, there = pins(found.constraints), pins(constraints)
    assert (there["torch"], there["torchvision"]) == ("2.14.1", "0.29.1")
    other = {name for name in there if there[name] != here.get(name)}
    assert other == {"torch", "torchvision", "segmentation-models-pytorch"}


@pytest.mark.parametrize("name", ["optax", "kornla"])
def test_a_peer_that_cannot_be_installed_is_rejected(name: str) -> None:
    message = "optax.* does not run on torch" if name == "optax" else "unknown peer"
    with pytest.raises(ValueError, match=message):
        matrix.load().compared(["--peers", name], "torch")


def test_every_peer_has_its_version() -> None:
    for peer in matrix.load().peers.values():
        assert peer.install in pins(peer.constraints)


def test_interpreter_is_this_one_where_it_fits() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert matrix.interpreter(version) == sys.executable


def test_interpreter_is_found_past_a_shim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("shims", "versions/3.99.1/bin"):
        program = tmp_path / folder / "python3.99"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    found = matrix.interpreter("3.99")
    assert found == str(tmp_path / "versions" / "3.99.1" / "bin" / "python3.99")
    assert matrix.interpreter("3.98") is None


def test_what_compiles_is_what_the_harness_takes_for_it():
    for name, backend in matrix.load().backends.items():
        assert backend.compiles == facts(name).compiles
