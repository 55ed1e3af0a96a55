"""`python -m rot180`: the commands, for where the `rot180` script is not on the path."""

import sys

from rot180.cli import main

if __name__ == "__main__":
    sys.exit(main())
