"""Results of a run as they might be: what the table and the page were designed by."""

import random

BACKENDS = ("tensorflow", "jax", "torch")
CHECKS = (
    *("value", "gradient", "modes", "edges", "half", "live", "nan", "weights"),
    *("weight_zero", "mask", "sizes", "vector", "permutation", "shapes", "dtypes"),
    *("exact_targets", "class_ids", "config"),
)
VALUES_ONLY = ("value", "edges", "nan", "weights", "weight_zero", "mask", "config")
CATALOGUE = {
    "classification": {
        "BinaryCrossentropy": ("", "from_logits", "label_smoothing=0.1"),
        "BinaryFocalCrossentropy": ("", "from_logits"),
        "CategoricalCrossentropy": ("", "from_logits", "axis=1", "class_weights"),
        "SparseCategoricalCrossentropy": ("", "from_logits", "ignore_class=-1"),
    },
    "regression": {
        "Huber": ("", "delta=0.3"),
        "MeanSquaredError": ("", "class_weights"),
        "MeanAbsolutePercentageError": ("",),
        "Quantile": ("levels=0.1,0.5,0.9",),
    },
    "segmentation": {"SoftDice": ("", "from_logits", "per=batch")},
    "metric": {"SupervisedContrastive": ("",), "VICReg": ("",)},
}


def made_up(failing: bool = True) -> dict:
    """Results as a run would write them, with every status among them."""
    rng = random.Random(0)
    cases = [
        case_row(rng, family, loss, label)
        for family, losses in CATALOGUE.items()
        for loss, labels in losses.items()
        for label in labels
    ]
    by_id = {case["id"]: case for case in cases}
    reason = "the reference's own gradient is one-sided where every class is empty"
    for backend in ("jax", "torch"):
        checks = by_id["SoftDice[per=batch]"]["results"][backend]["checks"]
        checks["edges"] = {"status": "known", "message": reason}
    if failing:
        checks = by_id["Huber[delta=0.3]"]["results"]["torch"]["checks"]
        checks["gradient"] = {
            "status": "failed",
            "message": "the gradient at (3, 1) is 0.0125, the reference 0.0375",
        }
        by_id["Huber[delta=0.3]"]["results"]["torch"]["gradient_error"] = 0.66
        by_id["Huber[delta=0.3]"]["between"]["jax-torch"] = {
            "value": 1e-8,
            "gradient": 0.66,
            "ok": False,
            "message": "drawn: the gradient at (3, 1) is 0.0375 and 0.0125",
        }
    return {
        "summary": summary(cases, ok=not failing),
        "environments": [
            environment("tensorflow", "2.21.0", ["graph", "xla", "eager"]),
            environment("jax", "0.10.2", ["jit", "eager"]),
            environment("torch", "2.13.0", ["eager"]),
            environment("numpy", "2.3.1", ["eager"]),
        ],
        "cases": cases,
        "training": {
            "digits": training(rng, start=2.4, end=0.2, steps=87, apart=3e-7),
            "breast_cancer": training(rng, start=0.7, end=0.05, steps=54, apart=8e-8),
            "diabetes": training(rng, start=0.45, end=0.2, steps=42, apart=2e-7),
        },
        "histories": {
            "a sum, each of its terms": history("loss", "dice", "focal", apart=3e-7),
            "a weight that moves by epoch": history("w", "loss", apart=6e-8),
        },
        "reload": [
            {
                "case": "Huber",
                "saved_on": saved,
                "loaded_on": loaded,
                "status": "passed",
                "message": "",
            }
            for saved in BACKENDS
            for loaded in BACKENDS
            if saved != loaded
        ],
    }


def case_row(rng, family, loss, label):
    kind = {"VICReg": "statistic", "SupervisedContrastive": "batch"}.get(loss, "items")

    def error(scale):
        return scale * 10 ** rng.uniform(-1.5, 0)

    def outcome(check):
        if check in ("class_ids", "exact_targets") and not loss.startswith("Sparse"):
            reason = "targets are not class indices"
            return {"status": "not_applicable", "message": reason}
        return {"status": "passed", "message": ""}

    results = {
        backend: {
            "value_error": error(4e-7),
            "gradient_error": error(2e-6),
            "seconds": rng.uniform(0.3, 4),
            "checks": {check: outcome(check) for check in CHECKS},
        }
        for backend in BACKENDS
    }
    results["numpy"] = {
        "value_error": error(4e-7) if rng.random() > 0.3 else 0.0,
        "gradient_error": None,
        "seconds": 0.01,
        "checks": {check: outcome(check) for check in VALUES_ONLY},
    }
    between = {
        pair: {"value": error(4e-7), "gradient": error(2e-6), "ok": True, "message": ""}
        for pair in ("tensorflow-jax", "tensorflow-torch", "jax-torch")
    }
    return {
        "id": f"{loss}[{label}]" if label else loss,
        "loss": loss,
        "family": family,
        "kind": kind,
        "results": results,
        "between": between,
    }


def summary(cases, ok):
    statuses = [
        outcome["status"]
        for case in cases
        for result in case["results"].values()
        for outcome in result["checks"].values()
    ]
    pairs = [pair for case in cases for pair in case["between"].values()]
    names = ("passed", "failed", "known", "not_applicable")

    def most(backend, key):
        return max(case["results"][backend][key] for case in cases)

    return {
        "ok": ok,
        "cases": len(cases),
        "losses": len({case["loss"] for case in cases}),
        "checks": {name: statuses.count(name) for name in names},
        "max_value_error": {b: most(b, "value_error") for b in (*BACKENDS, "numpy")},
        "max_gradient_error": {b: most(b, "gradient_error") for b in BACKENDS},
        "max_between_value": max(pair["value"] for pair in pairs),
        "max_between_gradient": max(pair["gradient"] for pair in pairs),
        "seconds": 291.4,
    }


def environment(backend, version, modes):
    return {
        "backend": backend,
        "device": "cpu",
        "modes": modes,
        "precision": "float32",
        "versions": {"keras": "3.15.1", backend: version, "python": "3.11.7"},
    }


def training(rng, start, end, steps, apart):
    def height(step):
        return end + (start - end) * 0.95**step + 0.04 * start * noise[step]

    noise = [rng.gauss(0, 1) for _ in range(steps)]
    curves = {
        backend: [
            height(step) + apart * start * step / steps * rng.uniform(-1, 1)
            for step in range(steps)
        ]
        for backend in BACKENDS
    }
    return {
        "curves": curves,
        "largest_difference": apart,
        "tolerance": 1e-4,
        "ok": True,
    }


def history(*names, apart):
    every = [*names, *(f"val_{name}" for name in names)]
    return {
        "histories": {b: {name: [2.0, 1.0] for name in every} for b in BACKENDS},
        "largest_difference": apart,
        "tolerance": 3e-6,
        "ok": True,
        "message": "",
    }


POINTS = [-3.0 + 0.25 * i for i in range(25)]


def drawn(results):
    """Curves: a dead gradient, a NaN, a difference, and the rest clean."""
    found = {}
    for case in results["cases"]:
        of_backends = {b: line(case["id"], b) for b in (*BACKENDS, "numpy")}
        found[case["id"]] = of_backends
        if case["loss"] == "CategoricalCrossentropy":  # where Keras's own dies
            for backend in BACKENDS:
                theirs = [2 * x if x < 2 else 0.0 for x in POINTS]
                ours = of_backends[backend]["ours"]
                of_backends[backend]["keras"] = ours | {"gradient": theirs}
    return found


def line(name, backend):
    value, gradient = [x * x for x in POINTS], [2 * x for x in POINTS]
    if backend != "numpy" and name == "SoftDice":
        gradient = ["nan" if x == 0 else 2 * x for x in POINTS]
    if backend == "jax" and name == "BinaryCrossentropy":
        gradient = [0.0 if x < -1 else 2 * x for x in POINTS]
    if backend == "torch" and name == "Huber[delta=0.3]":
        gradient = [2 * x if x < 1 else 2.0 for x in POINTS]
    return {
        "at": [0, 1],
        "points": POINTS,
        "here": 0.5,
        "ours": {"value": value, "gradient": gradient},
    }
