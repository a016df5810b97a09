"""Values on OpenVINO, which has no gradients."""

from portable_losses.parity.autodiff._values import devices as devices
from portable_losses.parity.autodiff._values import evaluate as evaluate
from portable_losses.parity.autodiff._values import on as on
from portable_losses.parity.autodiff._values import strict_matmul as strict_matmul
from portable_losses.parity.autodiff._values import value as value
from portable_losses.parity.autodiff._values import values as values
from portable_losses.parity.autodiff._values import versions as versions

NAME = "openvino"
MODULES = ("openvino", "keras_openvino")
GRADIENTS = False
MODES = ("eager",)
ON_REQUEST: tuple[str, ...] = ()
INSTALL = {"cpu": "pip install keras-nightly keras-openvino openvino scipy"}
