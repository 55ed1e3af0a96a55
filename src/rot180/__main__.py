"""Run the commands as `python -m rot180`, if the `rot180` script is not on the path."""

import sys

from rot180.cli import main

if __name__ == "__main__":
    sys.exit(main())
