"""Paste tables into the README, between two comments that name the command which prints the table."""

import sys

from rot180.formats import atomic


def paste(text, file, command):
    """Replace the table of the command in the file."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(f"<!-- what `{command}` prints: begin -->\n")
    _, end, after = rest.partition(f"<!-- what `{command}` prints: end -->")
    if not (begin and end):
        sys.exit(f"benchmarks: {file} does not have the comments around the table of `{command}`")
    atomic.write_text(file, f"{before}{begin}{text}{end}{after}")
    print(f"wrote {file}", file=sys.stderr, flush=True)
