"""The names of `keras.ops` that are not in the chart, with the reasons."""

REASONS: dict[str, str] = {
    "gives truth values": "all allclose any equal greater greater_equal in_top_k "
    "is_tensor isclose isfinite isin isinf isnan isneginf isposinf isreal less "
    "less_equal logical_and logical_not logical_or logical_xor not_equal signbit",
    "gives or takes integers": "argmax argmin argpartition argsort bitwise_and "
    "bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift "
    "bitwise_xor count_nonzero ctc_decode digitize gcd histogram lcm left_shift "
    "matrix_rank multi_hot nanargmax nanargmin nonzero one_hot right_shift "
    "searchsorted unravel_index",
    "has no gradient by its nature": "arange bartlett blackman convert_to_numpy dtype "
    "empty empty_like eye full hamming hanning identity kaiser ndim nextafter ones "
    "ones_like shape size tri unique view zeros zeros_like",
    "is about complex numbers": "eig imag polar view_as_complex view_as_real",
    "gives factors whose signs and order are free, or packs them": "lu_factor",
    "has a random result": "image.elastic_transform",
    "has no reference here yet": "ctc_loss gammainc image.extract_patches_3d "
    "image.gaussian_blur image.perspective_transform image.scale_and_translate "
    "image.sobel_edges image.ssim",
}

LEFT_OUT = {name: why for why, names in REASONS.items() for name in names.split()}
