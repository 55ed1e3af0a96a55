"""Compare rot180's checker with other gradient checkers on the gallery of tests/mistakes.

`python -m benchmarks.checkers` runs each checker in a separate process on every right and wrong implementation of the
gallery, and writes a page with the numbers of mistakes caught, mistakes named and false alarms. No checker is tuned for
the gallery: each has the settings that its documentation recommends.
"""
