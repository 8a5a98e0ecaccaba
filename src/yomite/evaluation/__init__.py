"""What a reader gets right: counts and ratios, calibration, the report. No torch."""
