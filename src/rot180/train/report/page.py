"""The page as a whole: its head, what can be read off the run's config, and the order of the sections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..progress import duration
from .facts import Facts
from .markup import count, name, percent, text
from .pictures import Pictures
from .show_answers import class_by_class, confusions, worst_mistakes
from .show_insides import filters, gradient, through_the_layers
from .show_training import layer_by_layer, learning

# Nothing is fetched and nothing runs, whatever a name in the data may try.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SECTIONS = (
    ("learning", "Learning", learning),
    ("confusions", "Confusions", confusions),
    ("classes", "Classes", class_by_class),
    ("mistakes", "Mistakes", worst_mistakes),
    ("filters", "Filters", filters),
    ("maps", "Feature maps", through_the_layers),
    ("gradient", "Gradient", gradient),
    ("layers", "Layers", layer_by_layer),
)


def page(facts: Facts, pictures: Pictures | None) -> str:
    """The whole file."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{key}">{word}</a>' for key, word, _ in _SECTIONS)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(facts.model)} on {text(facts.data)}: report of a training run</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_head(facts, pictures)}<nav>{links}</nav>\n"
        f"{''.join(show(facts, pictures) for _, _, show in _SECTIONS)}"
        f"<footer>Written by rot180 {text(facts.setting('versions', 'rot180') or '')} from the run "
        f"{name(facts.run)}. This file is whole in itself: it can be mailed, printed and kept.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _head(facts: Facts, pictures: Pictures | None) -> str:
    """What was trained on what, how good it is, and how to train it again."""
    images, answers = facts.setting("images", "train"), facts.answers
    on = f" {count(images, 'image')} of" if isinstance(images, int) and images else ""
    head = (
        f"<header>\n<p class=kicker>Report of a training run</p>\n<h1>{name(facts.model)} on {name(facts.data)}</h1>\n"
        f'<p class="lead">A network of {count(facts.parameters, "parameter")}, trained on{on} {name(facts.data)}'
        f" for {count(len(facts.history), 'epoch')}."
    )
    if answers is not None:
        low, high = answers.interval()
        head += (
            f" Of {count(answers.count, 'held-out image')}, which it never learned from, it gets {answers.right:,} "
            f"right: {percent(answers.accuracy, 2)}. With 95 % confidence its accuracy on more such images lies "
            f"between {percent(low)} and {percent(high)}; always naming the most frequent class would get "
            f"{percent(answers.most_frequent())}."
        )
    else:
        head += f" Held-out accuracy is not known: {text(facts.why['answers'])}"
    head += f"</p>\n{_figures(facts)}"
    if facts.command is not None:
        head += (
            '<p class="label">Train it again</p>\n<pre class="scroll" tabindex="0" role="region" '
            f'aria-label="command line"><code>{text(facts.command)}</code></pre>\n'
        )
    head += _settings(facts)
    if pictures is None:
        head += (
            '<p class="note">Tables stand where pictures would: matplotlib is not installed. '
            "<code>pip install matplotlib</code> (the extra <code>report</code>), "
            "then <code>rot180 report RUN</code>.</p>\n"
        )
    return head + "</header>\n"


def _figures(facts: Facts) -> str:
    """The few numbers that one looks for first."""
    seconds = sum(metrics.get("seconds", 0.0) for metrics in facts.history)
    answers, seed = facts.answers, facts.setting("training", "seed")
    shown = [
        ("held-out accuracy", "–" if answers is None else percent(answers.accuracy, 2)),
        ("held-out loss", "–" if answers is None else f"{answers.losses.mean():.4f}"),
        ("training time", f"{seconds:.1f} s" if seconds < 100 else duration(seconds)),
        ("parameters", f"{facts.parameters:,}"),
        ("epochs", f"{len(facts.history):,}"),
        ("seed", "–" if seed is None else name(seed)),
    ]
    return f'<dl class="figures">{"".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in shown)}</dl>\n'


def _settings(facts: Facts) -> str:
    """How it was trained, and with what: in words, as far as the config says."""
    words: dict[str, Any] = {}
    if isinstance(training := facts.setting("training"), dict):
        words |= {key.replace("_", " "): value for key, value in training.items() if key not in ("seed", "epochs")}
    words |= {"engine": facts.setting("engine"), "threads": facts.setting("threads")}
    if isinstance(versions := facts.setting("versions"), dict):
        words |= versions
    if skipped := facts.setting("data", "skipped"):
        words["images left out"] = skipped
    items = "".join(f"<div><dt>{text(k)}</dt><dd>{_value(v)}</dd></div>" for k, v in words.items() if v is not None)
    return f'<dl class="settings">{items}</dl>\n'


def _value(value: Any) -> str:
    if isinstance(value, dict):
        steps = value.get("transforms")
        return text(", then ".join(map(_in_words, steps if isinstance(steps, list) else [value])))
    return text(value)


def _in_words(step: Any) -> str:
    """An augmentation's settings: its name, and the rest in brackets."""
    if not isinstance(step, dict):
        return str(step)
    settings = ", ".join(
        f"{k} {' × '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in step.items() if k != "name"
    )
    name_of_it = str(step.get("name", "")).replace("_", " ")
    return f"{name_of_it} ({settings})" if settings else name_of_it
