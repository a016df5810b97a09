"""`python ci/benchmarks`, with the backend of KERAS_BACKEND."""

import sys
from pathlib import Path

# Python looks in this folder first, where `benchmarks` is not: it is one above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.cli import main  # noqa: E402 - found only once the line above has run

sys.exit(main())
