"""Every error this package raises, as one tree.

    ConversionError                 anything a user can meet; str() is a complete, plain message
    ├── UsageError                  the command or call itself is wrong                     (exit code 2)
    ├── InputError                  the input cannot be read
    │   ├── MissingInputError       there is nothing there, or not what the format needs
    │   ├── UnknownFormatError      no reader recognises it, or several do
    │   └── CorruptInputError       recognised, but damaged or contradicting itself
    ├── UnsupportedError            understood, but TF.js cannot do it; lists every problem
    ├── OutputError                 the target cannot be written
    ├── MissingExtraError           an optional dependency is needed
    └── RuntimeFailure              TF.js itself failed while running a model

A message says what is wrong and where; `hint` says what to try. Nothing below `cli` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ConversionError(Exception):
    """Base of all errors meant for the user."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(ConversionError):
    """The command line or the arguments of a call make no sense."""

    exit_code = 2


class InputError(ConversionError):
    """The input cannot be read."""


class MissingInputError(InputError):
    """The input, or a part that its format needs, is not there."""


class UnknownFormatError(InputError):
    """The input is of no format we know, or not of the one asked for."""


class CorruptInputError(InputError):
    """The input is damaged, truncated or contradicts itself."""


@dataclass(frozen=True)
class Problem:
    """One thing TF.js cannot do: where it is, what it is, what to try."""

    where: str
    what: str
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        return f"{text} ({self.hint})" if self.hint else text


class UnsupportedError(ConversionError):
    """The model was understood, but TF.js cannot run it as asked. Lists every problem at once."""

    def __init__(self, summary: str, problems: Iterable[Problem], *, hint: str | None = None) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        lines = [summary, *(f"  - {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines), hint=hint)


class OutputError(ConversionError):
    """The target cannot be written."""


class MissingExtraError(ConversionError):
    """An optional dependency is needed for what was asked."""


class RuntimeFailure(ConversionError):
    """TF.js failed to load or run a model."""
