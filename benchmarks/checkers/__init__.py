"""Compare the checker with others on the gallery of tests/mistakes: mistakes caught, mistakes named, false alarms.

`python -m benchmarks.checkers` runs each checker in a separate process on every right and wrong implementation of the
gallery, and writes a page. No checker is tuned for the gallery: each has the settings that its documentation
recommends.
"""
