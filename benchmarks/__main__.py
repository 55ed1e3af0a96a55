"""`python -m benchmarks`: each benchmark in turn, as Markdown on standard output."""

import runpy
import sys

ALL = ("import_time", "numpy_engine", "toy_step", "steps")


def main():
    """Run all, or those that are named."""
    chosen = sys.argv[1:] or ALL
    unknown = [name for name in chosen if name not in ALL]
    if unknown:
        sys.exit(f"benchmarks: there is no {', '.join(unknown)}; choose from {', '.join(ALL)}")
    for name in chosen:
        sys.argv = [name]
        print(f"\n## {name}\n", flush=True)
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
