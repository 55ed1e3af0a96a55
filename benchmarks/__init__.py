"""Benchmarks: side by side in one process, interleaved, reported as ratios; nothing here is a test that can fail."""
