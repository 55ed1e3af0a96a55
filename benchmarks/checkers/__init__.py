"""Compare the checker with others on the gallery of tests/mistakes: mistakes caught, mistakes named, false alarms.

`python -m benchmarks.checkers` runs each checker in a separate process over every implementation of the gallery, right
and wrong, and writes a page. Nothing is tuned for the gallery: each checker has the settings that its documentation
recommends.
"""
