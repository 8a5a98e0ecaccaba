"""Learning: config and mixture -> checkpoints and weights. Read loop.py first."""
