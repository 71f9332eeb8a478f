"""`palier`, as a script of its own: preview_process.py screen preview FILE."""

from palier.cli.__main__ import main

if __name__ == "__main__":
    main()
