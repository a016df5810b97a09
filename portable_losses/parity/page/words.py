"""What each check tests, in one line, for a reader who does not know its name."""

CHECKS = {
    "value": "The value equals that of an independent reference in float64.",
    "gradient": "The gradient equals that of the reference, and is not 0 everywhere.",
    "modes": "Compiled code (tf.function, XLA, jax.jit, torch.compile if requested) "
    "gives the value and gradient of eager code.",
    "edges": "At exact matches, zeros, huge logits and other special inputs the value "
    "is right and the gradient finite.",
    "half": "Predictions in float16 and bfloat16 give the value and gradient of the "
    "rounded numbers.",
    "live": "Each sample that is confidently wrong has a gradient that is not 0, so "
    "that training can correct it.",
    "nan": "A NaN among the predictions makes the value NaN.",
    "weights": "Sample weights: 1 changes nothing, 2 equals the sample twice, and 0 "
    "equals the batch without the sample.",
    "weight_zero": "A NaN or infinite sample of weight 0 leaves value and gradient "
    "finite.",
    "mask": "Masked samples have no effect: the result is that of the batch without "
    "them.",
    "sizes": "A batch of one sample gives the right result, and zero samples give 0.",
    "vector": "Arrays of shape (B,) give the same result as arrays of shape (B, 1).",
    "permutation": "The order of the samples does not matter.",
    "shapes": "Targets of a shape that does not fit raise an error, and are never "
    "broadcast.",
    "dtypes": "The result has the dtype that the loss was made with; for float16 it is "
    "float32, which does not overflow.",
    "exact_targets": "Integer targets are not rounded, whatever the loss's dtype is.",
    "class_ids": "A class index out of range raises an error or gives NaN, never a "
    "number.",
    "config": "A loss that is saved to JSON and loaded again behaves the same.",
    "drop_in": "Arguments, name and values are those of the Keras loss of that name, "
    "except for known faults of Keras.",
}
"""The checks of the harness."""

BESIDE = {
    "between": "Two backends give the same value and gradient.",
    "save": "A model with this loss can be saved.",
    "reload": "A model saved on one backend can be trained further on another.",
    "training": "The training curves of the backends on real data agree.",
    "history": "All numbers of the history of `fit` agree between backends.",
    "complete": "Every case ran on every backend.",
    "summary": "The run as a whole.",
}
"""What else a run can fail at."""

KINDS = {
    "items": "each item depends on one sample only",
    "batch": "an item depends on the other samples of the batch too",
    "statistic": "the loss is one number per batch",
}

ASKED = {
    "import": "The loss can be imported on every backend.",
    "runs": "The loss runs on every backend.",
    "compiles": "The loss runs in compiled code: tf.function, XLA and jax.jit.",
    "foreign": "The loss calls only keras.ops, and no framework directly.",
    "hangs": "A call of the loss ends within the time limit.",
    "ends": "A call of the loss does not end the process.",
    "numpy lane": "The loss runs on Keras's NumPy backend, which gives the float64 "
    "values.",
    "finite": "Value and gradient are finite wherever those in float64 are.",
    "value": "The value is that of the same loss in float64.",
    "backends": "All backends give the same value and gradient.",
    "gradient": "The gradient is that of the value, by differences in float64.",
    "dead": "Each sample that is confidently wrong has a gradient that is not 0.",
    "modes": "Compiled code gives the same result as eager code.",
    "direction": "The loss of a right prediction is lower than that of a wrong one.",
    "deterministic": "The same inputs give the same value again.",
    "shape": "`call` returns one value per sample.",
    "independent": "The item of a sample does not depend on the rest of its batch.",
    "dtype": "Intermediate results have the dtype of the inputs.",
    "second derivative": "The derivative of the gradient is right, as second-order "
    "methods need it.",
    "vmap": "The loss runs under vmap over the samples.",
    "saved": "The loss restored from its config behaves the same.",
    "arguments": "The config holds every argument of the constructor.",
    "conventions": "Samples of weight 0, empty batches, masks, shapes and dtypes are "
    "treated as portable_losses.Loss treats them.",
}
"""What `portable-losses check` looks for, by the name of a finding."""

CONVENTIONS = {
    "zero samples": "A batch of zero samples gives 0.",
    "NaN of weight 0": "A NaN sample of weight 0 has no effect.",
    "weights of 0": "A batch of which every weight is 0 gives 0.",
    "masked": "A batch of which every sample is masked gives 0.",
    "infinite logits": "Right logits of infinity give a finite loss.",
    "broadcasting": "Targets of a shape that does not fit are rejected.",
    "result dtype": "The result has the dtype of the loss.",
    "class 257": "Class indices are not rounded in half precision.",
    "dtype in the config": "The config holds the dtype.",
}
"""The parts of `conventions`, which `--strict` reports as separate findings."""


def explained(check: str) -> str:
    """What a check of the harness tests; empty for an unknown name."""
    return CHECKS.get(check) or BESIDE.get(check, "")


def asked(check: str) -> str:
    """What a finding of `portable-losses check` is about."""
    return ASKED.get(check) or CONVENTIONS.get(check, "")
