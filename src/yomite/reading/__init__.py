"""Released models read here, on ONNX Runtime: open a file, read pictures with it, say what was read.

Needs neither torch nor a configuration: a model file carries its characters, its look-alikes, its calibration
and its prior (docs/model-file.md).
"""
