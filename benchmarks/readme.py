"""The tables in the README, each between two comments that name the command which prints it."""

import sys

from rot180.formats import atomic


def paste(text, file, command):
    """Put the text where the file has what the command prints."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(f"<!-- what `{command}` prints: begin -->\n")
    _, end, after = rest.partition(f"<!-- what `{command}` prints: end -->")
    if not (begin and end):
        sys.exit(f"benchmarks: {file} has lost the comments between which the table of `{command}` stands")
    atomic.write_text(file, f"{before}{begin}{text}{end}{after}")
    print(f"wrote {file}", file=sys.stderr, flush=True)
