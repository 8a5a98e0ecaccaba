"""From weights to a released file: one model in memory goes from step to step and is written once.

tracing makes a Draft of weights; quantization, calibration and rejection each give it what it lacks; export
goes through these steps, and release adds the card.
"""
