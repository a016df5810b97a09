"""Remedies for faults, by patterns of messages and of source code."""

# Long because it is one table of patterns and remedies.

import re
from collections.abc import Sequence
from typing import Any

BRANCH = (
    "write it with keras.ops.where(condition, a, b), or keras.ops.cond: a Python `if`, "
    "`while` or bool() of a tensor has no value while the loss is compiled"
)
NUMBER = (
    "stay with tensors and keras.ops: float(), int(), .item(), .numpy() and "
    "convert_to_numpy have no value while the loss is compiled, and cut the gradient"
)

STATE = (
    "keep no state between calls (self.x = ... in call): what moves belongs in a "
    "metric, a callback, or portable_losses.Hyperparameter"
)
MASK = (
    "multiply by the mask, sum(x * mask) / sum(mask), or use keras.ops.where: x[mask] "
    "has another shape for each batch, which compiled code cannot have"
)

BATCH = "do not fix the batch size: use keras.ops.shape(x)[0], or -1 in reshape"
RANGE = (
    "keep class indices within the columns of y_pred, with keras.ops.where for those "
    "that mean no class: out of range, JAX takes another column, and the others raise"
)

_OF_ERRORS = (
    (r"out of bounds|out of range|not in \[0, \d+\)", RANGE),
    (r"UnexpectedTracer|[Ll]eaked|out of scope|cannot be accessed from here", STATE),
    (r"[Bb]oolean ?ind|boolean_mask|BooleanIndex|NonConcreteBoolean", MASK),
    (
        r"item assignment|is immutable|immutable|in-place|inplace",
        "build a new tensor, with keras.ops.where, concatenate or slice_update: a "
        "tensor is not changed in place",
    ),
    (
        r"EOF when reading a line|BdbQuit|pdb",
        "remove breakpoint() and input(): nobody answers them where a loss is compiled",
    ),
    (
        r"SystemExit",
        "raise ValueError in place of sys.exit: a loss must not end the program",
    ),
    (
        r"RecursionError|maximum recursion",
        "end the recursion: the function calls itself without an end",
    ),
    (r"TracerBoolConversion|as a Python .?bool|truth value|__bool__", BRANCH),
    (
        r"ConcretizationTypeError|TracerIntegerConversion|TracerArrayConversion|"
        r"__array__\(\)|Can't call numpy|requires grad\. Use|has no attribute .numpy|"
        r"has no attribute .item|only .*arrays can be converted|"
        r"NotImplementedError: Cannot "
        r"convert a symbolic|Cannot convert a symbolic|can't convert .* numpy|"
        r"\.detach\(\)|"
        r"has no attribute .detach|has no attribute .tolist",
        NUMBER,
    ),
    (r"is not supported by the numpy|numpy_function", NUMBER),
    (
        r"[Ii]nvalid index|must be integers|integer or boolean|int64 or|expected.*int|"
        r"Integer.*type|must be an integer|dtype of indices|'indices'|int32.*float|"
        r"index tensor|Index must|indices must|must be of integer|only int",
        'cast class indices first: y_true = keras.ops.cast(y_true, "int32"); Keras '
        "hands them over as float32",
    ),
    (
        r"NoneType.*(int|\+|\*|/)|unknown batch|__index__|None values",
        "use keras.ops.shape(x)[0] in place of x.shape[0]: the number of samples is "
        "not known while the loss is compiled",
    ),
    (
        r"[Ii]ncompatible shapes|broadcast|must match the size|"
        r"[Dd]imensions must be equal|"
        r"cannot reshape|shape .* is invalid|invalid for input of size|"
        r"must have the same",
        BATCH,
    ),
    (
        r"dtype|float64|Float|Double|expected scalar type|same dtype|promot",
        "cast first, with keras.ops.cast(x, y_pred.dtype): operators of two dtypes "
        "are not the same on every backend",
    ),
    (r"NotImplementedError|abstract", "write `call`: it returns one value per sample"),
    (
        r"has no attribute|has no method|object is not callable",
        "use functions of keras.ops in place of methods of a tensor: "
        "tensors of the backends have different ones",
    ),
)


def of_error(error: dict[str, Any], source: str) -> str:
    """What to do about an exception."""
    said = f"{error.get('type', '')}: {error.get('message', '')}"
    text = str(error.get("text", ""))
    numpy = re.search(r"\bnp\.(\w+)|\bnumpy\.(\w+)", text)
    if re.search(r"\bassert\b", text) and "bool" in said.lower():
        return "remove the assert on values: it is a Python `if`; " + BRANCH
    if re.search(r"\b(float|int)\(|\.item\(|\.numpy\(|\.tolist\(", text):
        return NUMBER
    if numpy:
        name = numpy[1] or numpy[2]
        return (
            f"use keras.ops.{name} in place of NumPy's {name}: NumPy cannot see the "
            "tensors of a compiled loss, and has no gradients"
        )
    if re.search(r"^\s*(if|while|elif)\b|\bif\b.*\belse\b|\bbool\(", text) and (
        "bool" in said.lower() or "truth" in said or "symbolic" in said
    ):
        return BRANCH
    if re.search("unknown rank", said) and re.search(r"squeeze\(", source):
        return SQUEEZE
    for pattern, words in _OF_ERRORS:
        if re.search(pattern, said):
            return words
    return "the loss must run on every backend: write this line with keras.ops"


_OF_SOURCE = (
    (
        ("cast-half",),
        r"float16|bfloat16|[\"']half[\"']",
        "leave y_pred in float32: "
        "float16 and bfloat16 keep 3 digits, and integers up to 2048 or 256",
    ),
    (
        ("sigmoid", "log"),
        r"sigmoid\((?s:.*)\blog\(|\blog\([^()]*sigmoid\(",
        "take the logarithm of the logits, "
        "with keras.ops.log_sigmoid(x) (log(1 - p) is log_sigmoid(-x)), or keras.ops."
        "softplus: sigmoid is exactly 0 or 1 in float32 long before",
    ),
    (
        ("softmax", "log"),
        r"(?<!log_)softmax\((?s:.*)\blog\(|\blog\([^()]*(?<!log_)softmax\(",
        "use keras.ops.log_softmax, or "
        "from_logits=True: softmax is exactly 0 in float32 long before",
    ),
    (
        ("exp", "log"),
        r"\bexp\((?s:.*)\blog\w*\(|\blog\w*\((?s:.*)\bexp\(",
        "use keras.ops.softplus or keras.ops.logsumexp: exp overflows float32 at 88.7",
    ),
    (
        ("cosh",),
        r"cosh\(|exp\(",
        "rewrite it without exp of a large number, for log(cosh(x)) "
        "with keras.ops.softplus: x + softplus(-2x) - log(2); exp overflows float32 "
        "at 88.7",
    ),
)
_DEAD = (
    (
        r"\barg(max|min|sort)\(",
        "argmax has no gradient: score the probabilities or "
        "logits themselves (for instance with log_softmax)",
    ),
    (r"stop_gradient\(", "move stop_gradient: it cuts the way from y_pred to the loss"),
    (
        r"\b(round|floor|ceil|sign)\(|cast\([^)]*int",
        "round, floor, sign and casts to "
        "integers have no gradient: use a smooth function in their place",
    ),
    (r"\.detach\(|np\.|numpy", "NumPy and detach cut the gradient: use keras.ops"),
    (
        r"\bclip\(|\bminimum\(|\bmaximum\(|relu\(",
        "clip has the gradient 0 beyond its "
        "bounds: clip less (to 1e-7), or compute from logits, with log_sigmoid or "
        "log_softmax",
    ),
    (
        r"[<>]=?|equal\(|greater|less",
        "a comparison has no gradient: use a smooth "
        "function, such as sigmoid, in its place",
    ),
)
_POWER = (
    r"\*\* *\(?(?:self\.)?[a-z]\w*\b",
    "a power with an exponent below 1 has an infinite gradient at 0: use "
    "portable_losses.ops.power, or clip its base from below",
)
_INFINITE = (
    (
        r"\bsqrt\(|\bnorm\(|\*\* *0?\.5|power\(|rsqrt\(",
        "the root has an infinite gradient at 0: use portable_losses.ops.sqrt, norm or "
        "power, or add a small number inside the root",
    ),
    (
        r"\blog(1p|2|10)?\(",
        "the logarithm of 0 is -inf: clip its argument from below, or use "
        "portable_losses.ops.log or xlogy",
    ),
    (
        r"/|divide\(|reciprocal\(",
        "the divisor can be 0: use keras.ops.divide_no_nan, or "
        "portable_losses.ops.divide_no_nan, whose gradient is finite as well",
    ),
    (
        r"\barcc?os\(|arcsin\(|arctanh\(",
        "the gradient at +-1 is infinite: clip the argument to less than 1",
    ),
    (r"normalize\(", "use portable_losses.ops.normalize: a zero vector stays zero"),
)
_TIES = (
    (
        r"log(1p)?\(.{0,12}exp\(\s*-\s*(\w+\.)?abs",
        "use keras.ops.softplus(x) in place of maximum(x, 0) + log1p(exp(-abs(x))): at "
        "0 the derivatives of its parts are not those of the sum",
    ),
    (
        r"\babs\(|absolute\(",
        "use portable_losses.ops.abs, whose gradient at 0 is 0 on every backend",
    ),
    (
        r"\bmax(imum)?\(|\bmin(imum)?\(|relu\(|clip\(",
        "use portable_losses.ops.maximum, "
        "minimum, clip or relu, whose gradient at a tie is the same on every backend",
    ),
    (
        r"top_k\(|sort\(",
        "break ties yourself, before sort or top_k: backends take "
        "different ones of equal values",
    ),
    (
        r"one_hot\(|take\w*\(|gather|scatter",
        "keep indices in range: out of range the "
        "backends clamp, raise an error, or give 0 or NaN",
    ),
)


SQUEEZE = (
    "name the axis, keras.ops.squeeze(x, axis=-1): without one, squeeze also removes "
    "the axis of the samples from a batch of one"
)
LOST_DIGITS = (
    "compute from logits, with keras.ops.log_sigmoid, softplus or log_softmax: near 1 "
    "the logarithm of 1 - p has lost its digits, and clip cuts the gradient"
)
RANDOM = (
    "keras.random gives other numbers on each backend, also with the same seed: draw "
    "them once with NumPy and a fixed seed, where the loss is made"
)
PROCESSES = (
    "sort what comes from a set, with sorted(), and give random numbers a fixed seed: "
    "the order of a set, hash() and random numbers differ from process to process"
)


def of_numbers(check: str, source: str, wide: bool, tried: Sequence[str] = ()) -> str:
    """The remedy for a wrong value or gradient, if no swap of operations helped.

    No operation is named whose swap was tried and did not remove the fault.

    Args:
        check: `finite`, `value`, `gradient`, `dead`, `backends`, `direction`, `modes`.
        source: the code of the loss.
        wide: whether the value is finite in float64 and not in float32.
        tried: the operations of this package that were tried.
    """
    words = _of_numbers(check, source, wide, tried)
    return words if words is not None else _SATURATES if check == "dead" else _GENERAL


def names_tried(words: str, tried: Sequence[str]) -> bool:
    """Whether a remedy names operations of this package that did not help, alone."""
    named = re.search(r"portable_losses\.ops\.(\w+(?:(?:, | or )\w+)*)", words)
    if not named:
        return False
    return any(name in tried for name in re.findall(r"\w+", named[1]))


_SATURATES = (
    "a function saturates: sigmoid, softmax, tanh and clip have the gradient 0 far "
    "from 0. Compute from logits, or add a term that has a gradient there, such as "
    "keras.ops.binary_crossentropy with from_logits=True"
)
_GENERAL = (
    "write it with portable_losses.ops in place of keras.ops, one operation at a "
    "time, and hold it to a NumPy function of yours with --reference"
)


def _of_numbers(
    check: str, source: str, wide: bool, tried: Sequence[str]
) -> str | None:
    if check == "direction":
        return (
            "a confident mistake must cost more than the truth: look for a sign that "
            "is missing, y_true and y_pred in the wrong order, or a wrong axis"
        )
    first = {
        "finite": (_INFINITE, _TIES),
        "dead": (_DEAD,),
        "gradient": (_TIES, _DEAD, _INFINITE),
        "backends": (_TIES, _INFINITE, _DEAD),
    }
    half = _OF_SOURCE[0]
    if re.search(half[1], source):
        return half[2]
    if check == "dead" and re.search(_DEAD[0][0], source):
        return _DEAD[0][1]
    if check in ("finite", "dead", "value") and (wide or check == "dead"):
        for _, pattern, words in _OF_SOURCE[1:]:
            if re.search(pattern, source):
                return words
    if check == "finite" and wide and re.search(_POWER[0], source):
        return _POWER[1]
    if check == "finite" and not wide:
        for pattern, words in _INFINITE[1:3]:  # a value, which a root leaves finite
            if re.search(pattern, source) and not names_tried(words, tried):
                return words
    if check in ("value", "backends") and re.search(r"\brandom\.", source):
        return RANDOM
    if check == "value" and re.search(r"\bclip\((?s:.*)\blog\(", source):
        return LOST_DIGITS
    for table in first.get(check, (_INFINITE, _TIES)):
        for pattern, words in table:
            if re.search(pattern, source) and not names_tried(words, tried):
                return words
    return None
