"""The checker beside others on the gallery of tests/mistakes: what is caught, what is accused falsely, what is named.

`python -m benchmarks.checkers` runs each checker in a process of its own over every implementation of the gallery,
right and wrong, and writes a page. Nothing is tuned for the gallery: each has the settings that its documentation
recommends.
"""
