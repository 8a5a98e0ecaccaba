"""``python -m yomite`` is the command ``yomite``; torchrun needs it."""

from yomite.apps.cli import main

if __name__ == "__main__":
    main()
