"""What the workers of an earlier run left in the output folder."""

import shutil

from portable_losses.parity import shared_references
from portable_losses.parity.compare import ARRAYS
from portable_losses.parity.plan import Plan
from portable_losses.parity.process import COMPILED


def remove(plan: Plan) -> None:
    """Remove the files that workers of an earlier run wrote, and nothing else."""
    shared_references.remove(plan.out)
    shutil.rmtree(plan.out / COMPILED, ignore_errors=True)
    for backend in plan.workers:
        folder = plan.out / backend
        for model in folder.glob("*.keras"):
            model.with_suffix(".json").unlink(missing_ok=True)
            model.unlink()
        for name in (*ARRAYS.values(), "references.pickle"):
            (folder / name).unlink(missing_ok=True)
