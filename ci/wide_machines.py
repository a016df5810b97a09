"""The page about many accelerators: what crosses between them, and what each holds.

    python ci/wide_machines.py

lets XLA compile the losses for 2, 4 and 8 devices of this machine, keeps what it found
in docs/wide_machines.json, and fails where that is not what `LOSSES` says. It needs
JAX. make_docs.py writes the page from what was kept and from `LOSSES`, and needs none.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "wide_machines.json"
PAGE = ROOT / "docs" / "wide_machines.md"
DEVICES = (2, 4, 8)
ON_PAGE = (8, 64, 1024)
NUMBER = 4  # bytes of a float32
NEAR = 0.2
"""The share by which XLA may differ from `LOSSES`, which leave out labels and sums."""


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What is trained, on n devices.

    Args:
        n: the number of devices.
        rows: samples or tokens of one device.
        width: the length of an embedding or a hidden state.
        classes: the classes of a vocabulary.
        chunk: rows of one device whose similarities or logits are in memory.
    """

    n: int
    rows: int
    width: int
    classes: int
    chunk: int

    @property
    def all_rows(self) -> int:
        """Those of all devices."""
        return self.n * self.rows


@dataclasses.dataclass(frozen=True)
class Wide:
    """What a loss costs on several devices, in numbers of float32.

    Args:
        name: the loss, as the page names it.
        gathered: the size of what every device has after a gather.
        summed: the size of what every device has after a sum over the devices.
        held: what a device holds beside its inputs.
        local: what stays on its device, in words.
        function: the name of what is measured, in `MEASURE`.
    """

    name: str
    gathered: Callable[[Sizes], float]
    summed: Callable[[Sizes], float]
    held: Callable[[Sizes], float]
    local: str
    function: str

    def received(self, s: Sizes) -> float:
        """The bytes that a device receives in a step, by the ring algorithms."""
        share = (s.n - 1) / s.n
        return NUMBER * share * (self.gathered(s) + 2 * self.summed(s))


def nothing(s: Sizes) -> float:
    """No numbers."""
    return 0


LOSSES = (
    Wide(
        "a loss of each sample, such as MeanSquaredError or SoftDice",
        nothing,
        lambda s: 1,
        nothing,
        "everything",
        "mse",
    ),
    Wide(
        "CLIP, InfoNCE in chunks",
        lambda s: s.all_rows * s.width,
        lambda s: s.all_rows * s.width,
        lambda s: (3 * s.width + 2 * s.chunk) * s.all_rows,
        "similarities, and the sums of a device's own rows",
        "clip",
    ),
    Wide(
        "SigLIP in chunks",
        lambda s: s.all_rows * s.width,
        lambda s: s.all_rows * s.width,
        lambda s: (3 * s.width + 2 * s.chunk) * s.all_rows,
        "similarities",
        "siglip",
    ),
    Wide(
        "NTXent in chunks, of two views",
        lambda s: 2 * s.all_rows * s.width,
        lambda s: 2 * s.all_rows * s.width,
        lambda s: 2 * (3 * s.width + 2 * s.chunk) * s.all_rows,
        "similarities",
        "ntxent",
    ),
    Wide(
        "CLIP without chunks",
        lambda s: s.all_rows * s.width,
        lambda s: s.all_rows * s.width,
        lambda s: (s.width + 3 * s.rows) * s.all_rows,
        "similarities of a device's own rows, all at once",
        "clip_whole",
    ),
    Wide(
        "BarlowTwins",
        nothing,
        lambda s: s.width * s.width + 8 * s.width,
        lambda s: 4 * s.rows * s.width + s.width * s.width,
        "embeddings; moments are summed",
        "barlow",
    ),
    Wide(
        "VICReg",
        nothing,
        lambda s: 2 * s.width * s.width + 4 * s.width,
        lambda s: 4 * s.rows * s.width + 4 * s.width * s.width,
        "embeddings; moments are summed",
        "vicreg",
    ),
    Wide(
        "LinearCrossentropy, the kernel on each device",
        nothing,
        lambda s: s.width * s.classes,
        lambda s: (s.width + s.chunk) * s.classes,
        "hidden states and logits; the kernel's gradient is summed, as every layer's",
        "linear",
    ),
    Wide(
        "LinearCrossentropy, the vocabulary shared by the devices",
        nothing,
        lambda s: (2 * s.width + 3) * s.rows,
        lambda s: (s.width + s.chunk) * s.classes / s.n + 2 * s.rows * s.width,
        "the kernel and its gradient, the logits of a device's own classes",
        "vocabulary",
    ),
)

MEASURE = '''
import json, re, sys
import jax, keras
import numpy as np
import portable_losses as pl
from jax.sharding import Mesh, NamedSharding, PartitionSpec

n, rows, width, classes, chunk = json.loads(sys.argv[1])
SIZES = {"f32": 4, "s32": 4, "u32": 4, "s64": 8, "pred": 1}
rng = np.random.default_rng(0)
views = rng.normal(size=(n * rows, 2, width)).astype("float32")
x, kernel = views[:, 0], rng.normal(size=(width, classes)).astype("float32")
ids = rng.integers(0, classes, n * rows).astype("int32")
tokens, vocabulary = PartitionSpec("batch"), PartitionSpec(None, "model")
every = PartitionSpec()


def linear(h, w, ids):
    log_p, _ = pl.linear_log_probability(h, w, ids, chunk_size=chunk)
    return -keras.ops.mean(log_p)


def of_views(loss):
    return (lambda v: loss(None, v)), (views,), (tokens,), (0,)


TRIED = {
    "mse": (
        (lambda p, t: pl.MeanSquaredError()(t, p)), (x, x), (tokens, tokens), (0,)
    ),
    "clip": of_views(pl.CLIP(chunk_size=chunk)),
    "clip_whole": of_views(pl.CLIP()),
    "siglip": of_views(pl.SigLIP(chunk_size=chunk)),
    "ntxent": of_views(pl.NTXent(chunk_size=chunk)),
    "barlow": of_views(pl.BarlowTwins()),
    "vicreg": of_views(pl.VICReg()),
    "linear": (linear, (x, kernel, ids), (tokens, every, tokens), (0, 1)),
    # One device's tokens, on all of them.
    "vocabulary": (
        linear, (x[:rows], kernel, ids[:rows]), (every, vocabulary, every), (0, 1)
    ),
}


def size(shapes):
    found = re.findall(r"(\\w+)\\[([\\d,]*)\\]", shapes)
    return sum(
        SIZES[kind] * int(np.prod([int(k) for k in shape.split(",") if k]))
        for kind, shape in found
    )


def computations(text):
    """The lines of each computation of a compiled module, by its name."""
    found, name = {}, ""
    for line in text.splitlines():
        begins = re.match(r"(?:ENTRY )?%?([\\w.-]+) .*\\{$", line)
        if begins:
            name = begins[1]
        found.setdefault(name, []).append(line)
    return found


def exchanged(text):
    """The bytes after each kind of exchange, as often as its loop turns."""
    parts = computations(text)
    turns = dict.fromkeys(parts, 1)
    for lines in parts.values():
        for line in lines:
            loop = re.search(r"while\\(.*body=%?([\\w.-]+)", line)
            count = re.search(r'known_trip_count":\\{"n":"(\\d+)"', line)
            if loop:
                turns[loop[1]] = int(count[1])
    found = {}
    kinds = "all-gather|all-reduce|all-to-all|reduce-scatter|collective-permute"
    for name, lines in parts.items():
        for shapes, kind in re.findall(rf"= (.*?) ({kinds})\\(", "\\n".join(lines)):
            found[kind] = found.get(kind, 0) + turns[name] * size(shapes)
    return found


devices = keras.distribution.list_devices()
found = {}
for name, (function, given, parts, argnums) in TRIED.items():
    shape = (1, n) if name == "vocabulary" else (n, 1)
    mesh = keras.distribution.DeviceMesh(shape, ["batch", "model"], devices)
    layout = keras.distribution.LayoutMap(mesh)
    with keras.distribution.ModelParallel(
        layout_map=layout, batch_dim_name="batch"
    ).scope():
        given = [
            jax.device_put(a, NamedSharding(mesh.backend_mesh, part))
            for a, part in zip(given, parts, strict=True)
        ]
        both = jax.jit(jax.value_and_grad(function, argnums=argnums))
        compiled = both.lower(*given).compile()
    found[name] = {
        "exchanged": exchanged(compiled.as_text()),
        "temporaries": compiled.memory_analysis().temp_size_in_bytes,
    }
print(json.dumps(found))
'''


def measured(sizes: Sizes) -> dict[str, Any]:
    """What XLA exchanges for each loss on devices of this machine's."""
    count = f"--xla_force_host_platform_device_count={sizes.n}"
    env = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {count}",
    }
    asked = json.dumps(dataclasses.astuple(sizes))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, asked],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def received(exchanged: dict[str, int], n: int) -> float:
    """The bytes that a device receives for these exchanges, by the ring algorithms."""
    share = (n - 1) / n
    gathered = exchanged.get("all-gather", 0) * share
    summed = 2 * exchanged.get("all-reduce", 0) * share
    # Of what is scattered, and moved, a device receives the result.
    others = sum(
        exchanged.get(k, 0) for k in ("reduce-scatter", "all-to-all")
    ) + exchanged.get("collective-permute", 0)
    return gathered + summed + others


def differs(sizes: Sizes, found: dict[str, Any]) -> list[str]:
    """Where XLA exchanges, or holds, something else than `LOSSES` say."""
    wrong = []
    for loss in LOSSES:
        of_loss = found[loss.function]
        pairs = {
            "received": (
                received(of_loss["exchanged"], sizes.n),
                loss.received(sizes),
            ),
            "held": (of_loss["temporaries"], NUMBER * loss.held(sizes)),
        }
        for what, (got, said) in pairs.items():
            if abs(got - said) > NEAR * said + 512:
                numbers = f"{got:,.0f} bytes {what}, not {said:,.0f}"
                wrong.append(f"{loss.name} on {sizes.n} devices: {numbers}")
    return wrong


# --- the page -------------------------------------------------------------------------

EMBEDDINGS = {"rows": 1024, "width": 512, "classes": 1, "chunk": 32}
LANGUAGE = {"rows": 8192, "width": 4096, "classes": 131_072, "chunk": 2048}
TEXT = """# On many accelerators

What a loss costs where `keras.distribution.DataParallel` shares a batch among the
devices on JAX: the bytes that each device receives in a step (gradients of the model's
other weights not counted), and what it holds for the loss beside its inputs. A gather
of S bytes brings each of n devices S (n - 1) / n of them, a sum twice as much.

{tables}
Each loss sees the whole batch, as on one device. Chunks are counted on each device: a
loss with `chunk_size=k` holds the similarities, or the logits, of k rows of each device
at once. Where the batch is shared nothing crosses within the loop over chunks. Where
the vocabulary is shared, by `keras.distribution.ModelParallel`, the devices have the
same tokens, and each chunk ends with a sum.

* The figures follow from formulas in float32; half precision halves them.
* The formulas are those of ci/wide_machines.py. `python ci/wide_machines.py` lets XLA
  compile each loss for {devices} devices, counts what it exchanges and holds, and
  compares. On {date}, with jax {jax} and Keras {keras}, the largest difference was
  {received:.0%} of the bytes received and {held:.0%} of those held.
* Without `keras.distribution`, in a `jax.jit` of your own over sharded arrays, the
  losses do not know the parts. `LinearCrossentropy` then has every device compute all
  tokens. Set `keras.distribution.set_distribution` to what you use.
* Under `tf.distribute`, and in processes of torch, each replica sees its own part: no
  byte crosses for the loss, and a loss that compares samples has fewer of them. The
  [guide](guide.md#losses-that-compare-the-samples-of-a-batch) has the layer that
  gathers.
* A contrastive loss of 1024 devices holds the embeddings of the whole batch on each.
  That is its limit: at {rows:,} samples a device and width {width}, {limit} of them.
"""


def page(root: Path = ROOT) -> str:
    """The page, of what was measured."""
    kept = json.loads((root / "docs" / MEASURED.name).read_text())
    worst = {"received": 0.0, "held": 0.0}
    for run in kept["runs"]:
        sizes = Sizes(*run["sizes"])
        for loss in LOSSES:
            found = run["found"][loss.function]
            said = loss.received(sizes), NUMBER * loss.held(sizes)
            got = received(found["exchanged"], sizes.n), found["temporaries"]
            for what, a, b in zip(worst, got, said, strict=True):
                if b > 1000:
                    worst[what] = max(worst[what], abs(a - b) / b)
    wide = Sizes(ON_PAGE[-1], **EMBEDDINGS)
    return TEXT.format(
        tables=tables(),
        devices=", ".join(str(run["sizes"][0]) for run in kept["runs"]),
        date=kept["date"],
        jax=kept["versions"]["jax"],
        keras=kept["versions"]["keras"],
        rows=wide.rows,
        width=wide.width,
        limit=in_bytes(NUMBER * wide.all_rows * wide.width),
        **worst,
    )


def tables() -> str:
    """A table for losses of embeddings, and one for a language model."""
    of_tokens = [loss for loss in LOSSES if loss.name.startswith("Linear")]
    others = [loss for loss in LOSSES if loss not in of_tokens]
    words = {
        "Losses of embeddings": (others, EMBEDDINGS),
        "A language model's output": (of_tokens, LANGUAGE),
    }
    lines = []
    for title, (losses, sizes) in words.items():
        rows, width = f"{sizes['rows']:,}", f"{sizes['width']:,}"
        said = f"{rows} samples of width {width} a device"
        if sizes["classes"] > 1:
            said = (
                f"{rows} tokens of width {width} a device, {sizes['classes']:,} classes"
            )
        lines += [f"## {title}", "", f"{said}, chunks of {sizes['chunk']:,}.", ""]
        heads = [f"{n:,} devices: receives, holds" for n in ON_PAGE]
        lines += [
            f"| Loss | {' | '.join(heads)} | Stays on its device |",
            f"|:--|{'--:|' * len(ON_PAGE)}:--|",
        ]
        for loss in losses:
            cells = []
            for n in ON_PAGE:
                s = Sizes(n, **sizes)
                both = loss.received(s), NUMBER * loss.held(s)
                cells.append(", ".join(map(in_bytes, both)))
            lines.append(f"| {loss.name} | {' | '.join(cells)} | {loss.local} |")
        lines.append("")
    return "\n".join(lines)


def in_bytes(count: float) -> str:
    """Such as 1.2 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def main() -> int:
    """Measure, keep and compare; 1 where XLA does something else."""
    runs, wrong = [], []
    for n in DEVICES:
        sizes = Sizes(n, 64, 32, 1024, 16)
        print(f"compiling for {n} devices", flush=True)
        found = measured(sizes)
        runs.append({"sizes": dataclasses.astuple(sizes), "found": found})
        wrong += differs(sizes, found)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    versions = {name: metadata.version(name) for name in ("jax", "keras")}
    kept = {"date": time.strftime("%Y-%m-%d"), "versions": versions, "runs": runs}
    MEASURED.write_text(json.dumps(kept, indent=1) + "\n")
    PAGE.write_text(page())
    print(f"kept in {MEASURED.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
