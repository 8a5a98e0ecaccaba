"""Where models run: on the processor, or on a GPU where ONNX Runtime can use one."""

from typing import Literal

import onnxruntime

from yomite.errors import YomiteError

Device = Literal["cpu", "cuda"]
PROVIDERS: dict[str, str] = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""What ONNX Runtime calls them."""


def check_device(device: str) -> Device:
    """Return the device if ONNX Runtime, as it is installed, knows it.

    Raises:
        YomiteError: There is no such device, or the package that knows it is not installed.
    """
    if device not in PROVIDERS:
        raise YomiteError(f'device={device!r}: type "cpu" or "cuda"')
    if PROVIDERS[device] not in onnxruntime.get_available_providers():
        raise YomiteError(
            f"device={device!r}: the ONNX Runtime installed reads on the CPU alone; type: "
            "pip uninstall -y onnxruntime && pip install onnxruntime-gpu"
        )
    return device  # type: ignore[return-value]
