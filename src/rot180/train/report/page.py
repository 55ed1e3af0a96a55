"""The page: its title, a summary of the run, the settings, and the order of the sections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..progress import duration
from .content import Content
from .markup import count, name, percent, text
from .network_sections import feature_maps, filters, gradient
from .pictures import Pictures
from .prediction_sections import confusion_matrix, precision_and_recall, worst_mistakes
from .training_sections import layers, training_curves

# The browser fetches nothing and runs no script, whatever the names in the data contain.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SECTIONS = (
    ("curves", "Training curves", training_curves),
    ("confusions", "Confusion matrix", confusion_matrix),
    ("classes", "Classes", precision_and_recall),
    ("mistakes", "Mistakes", worst_mistakes),
    ("filters", "Filters", filters),
    ("maps", "Feature maps", feature_maps),
    ("gradient", "Gradient", gradient),
    ("layers", "Layers", layers),
)


def page(content: Content, pictures: Pictures | None) -> str:
    """The HTML of the report."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{key}">{label}</a>' for key, label, _ in _SECTIONS)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(content.run)}: {_result(content)}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_header(content, pictures)}<nav>{links}</nav>\n"
        f"{''.join(write_section(content, pictures) for _, _, write_section in _SECTIONS)}"
        f"<footer>Written by rot180 {text(content.setting('versions', 'rot180') or '')}. "
        "This file is self-contained: you can mail, print or archive it.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _result(content: Content) -> str:
    """The result of the run in a few words, for the title."""
    if content.predictions is None:
        return "report of a training run"
    return f"{percent(content.predictions.accuracy)} accuracy on the test set"


def _header(content: Content, pictures: Pictures | None) -> str:
    """The title, a summary in words and numbers, the command and the settings."""
    header = (
        f"<header>\n<p class=kicker>Training report: {_model_and_data(content)}</p>\n"
        f"<h1>{name(content.run)}: {_result(content)}</h1>\n"
        f'<p class="lead">{_training_sentence(content)} {_test_sentences(content)}</p>\n{_key_figures(content)}'
    )
    if content.command is not None:
        header += (
            '<p class="label">Command of this run</p>\n<pre class="scroll" tabindex="0" role="region" '
            f'aria-label="command line"><code>{text(content.command)}</code></pre>\n'
        )
    header += _settings(content)
    if pictures is None:
        header += (
            '<p class="note">This report has tables instead of pictures, because matplotlib is not installed. '
            "To add the pictures: <code>pip install matplotlib</code> (the extra <code>report</code>), "
            "then <code>rot180 report RUN</code>.</p>\n"
        )
    return header + "</header>\n"


def _model_and_data(content: Content) -> str:
    return name(content.model) + (f" on {name(content.data)}" if content.data is not None else "")


def _training_sentence(content: Content) -> str:
    images = content.setting("images", "train")
    on_images = f" on {count(images, 'image')}" if isinstance(images, int) and images else ""
    source = "" if content.data is None else f" {'of' if on_images else 'on'} the data set “{name(content.data)}”"
    return (
        f"The network “{name(content.model)}” has {count(content.parameters, 'parameter')} and was trained for "
        f"{count(len(content.history), 'epoch')}{on_images}{source}."
    )


def _test_sentences(content: Content) -> str:
    predictions = content.predictions
    if predictions is None:
        return f"The accuracy on a test set is unknown: {text(content.why_missing['predictions'])}"
    low, high = predictions.confidence_interval()
    return (
        f"It classifies {predictions.correct:,} of {count(predictions.count, 'test image')} correctly "
        f"({percent(predictions.accuracy, 2)}); the network was not trained on these images. The 95% confidence "
        f"interval of the accuracy is {percent(low)} to {percent(high)}. Always predicting the most frequent class "
        f"would be correct for {percent(predictions.majority_accuracy())}."
    )


def _key_figures(content: Content) -> str:
    seconds = sum(metrics.get("seconds", 0.0) for metrics in content.history)
    predictions, seed = content.predictions, content.setting("training", "seed")
    figures = [
        ("test accuracy", "–" if predictions is None else percent(predictions.accuracy, 2)),
        ("test loss", "–" if predictions is None else f"{predictions.losses.mean():.4f}"),
        ("training time", f"{seconds:.1f} s" if seconds < 100 else duration(seconds)),
        ("parameters", f"{content.parameters:,}"),
        ("epochs", f"{len(content.history):,}"),
        ("seed", "–" if seed is None else name(seed)),
    ]
    return f'<dl class="figures">{"".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in figures)}</dl>\n'


def _settings(content: Content) -> str:
    """The training settings and software versions, as far as the config has them."""
    values: dict[str, Any] = {}
    if isinstance(training := content.setting("training"), dict):
        values |= {key.replace("_", " "): value for key, value in training.items() if key not in ("seed", "epochs")}
    values |= {"engine": content.setting("engine"), "threads": content.setting("threads")}
    if isinstance(versions := content.setting("versions"), dict):
        values |= versions
    if skipped := content.setting("data", "skipped"):
        values["unreadable files skipped"] = skipped
    items = "".join(f"<div><dt>{text(k)}</dt><dd>{_setting(v)}</dd></div>" for k, v in values.items() if v is not None)
    return f'<dl class="settings">{items}</dl>\n'


def _setting(value: Any) -> str:
    if isinstance(value, dict):
        steps = value.get("transforms")
        return text(", then ".join(map(_augmentation, steps if isinstance(steps, list) else [value])))
    return text(value)


def _augmentation(step: Any) -> str:
    """The name of an augmentation, with its settings in parentheses."""
    if not isinstance(step, dict):
        return str(step)
    settings = ", ".join(
        f"{k} {' × '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in step.items() if k != "name"
    )
    step_name = str(step.get("name", "")).replace("_", " ")
    return f"{step_name} ({settings})" if settings else step_name
