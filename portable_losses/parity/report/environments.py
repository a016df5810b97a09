"""What the workers of a run ran on: backends, devices, versions."""

from portable_losses.parity.report.model import Environment, Results


def backends(results: Results) -> list[str]:
    """The backends that ran, in the order of their environments, NumPy last."""
    named = [environment["backend"] for environment in results["environments"]]
    found = [name for case in results["cases"] for name in case["results"]]
    return sorted(dict.fromkeys([*named, *found]), key=lambda name: name == "numpy")


def environments(results: Results) -> list[Environment]:
    """The environments of the workers, in the order of `backends`."""
    order = backends(results)
    found = results["environments"]
    return sorted(found, key=lambda item: order.index(item["backend"]))


def common_versions(results: Results) -> list[str]:
    """The versions that all workers share, such as `keras 3.15.1`."""
    every = [item["versions"] for item in results["environments"]]
    return [
        f"{name} {version}"
        for name, version in (every[0].items() if every else ())
        if all(versions.get(name) == version for versions in every)
    ]


def own_versions(item: Environment, common: list[str]) -> str:
    """The other versions of an environment; the backend's first, without a name."""
    own = item["versions"].get(item["backend"])
    rest = [
        said
        for name, version in item["versions"].items()
        if name != item["backend"] and (said := f"{name} {version}") not in common
    ]
    return ", ".join([*([own] if own else []), *rest])
