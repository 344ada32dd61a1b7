"""Models on Kaggle, fetched by Kaggle's own package `kagglehub`, which knows of accounts and keeps a cache."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tensorflowjs.errors import InputError, MissingExtraError, UsageError

_HOSTS = ("kaggle.com", "www.kaggle.com")
_PART = r"[\w.-]+"
# Pages have two forms, of which only the first is also what kagglehub takes.
_PLAIN = re.compile(rf"({_PART})/({_PART})/(?!frameworks/)({_PART})/({_PART})(?:/(\d+))?")
_SPELT_OUT = re.compile(rf"({_PART})/({_PART})/frameworks/({_PART})/variations/({_PART})(?:/versions/(\d+))?")
_FORM = "https://www.kaggle.com/models/OWNER/MODEL/tensorFlow2/VARIATION, with /VERSION behind it for a certain one"


def is_kaggle(address: str) -> bool:
    """Whether this is the page of a model on Kaggle."""
    parts = urlsplit(address)
    return parts.hostname in _HOSTS and parts.path.startswith("/models/")


def model_handle(address: str) -> str:
    """What kagglehub calls the model whose page has this address: owner/model/framework/variation[/version]."""
    path = unquote(urlsplit(address).path).removeprefix("/models/").strip("/")
    found = _SPELT_OUT.fullmatch(path) or _PLAIN.fullmatch(path)
    if found is None:
        raise UsageError(
            f"{address}: this does not say which variation of the model is meant.", hint=f"The form is {_FORM}."
        )
    owner, model, framework, variation, version = found.groups()
    parts = (owner, model, framework[:1].lower() + framework[1:], variation, version)
    return "/".join(part for part in parts if part)


def fetch(address: str) -> Path:
    """The folder with the model whose page has this address."""
    handle = model_handle(address)
    try:
        import kagglehub
    except ImportError:
        raise MissingExtraError(
            f"{address}: models of Kaggle are fetched with the package kagglehub, which is not installed.",
            hint='Install it with: pip install "tensorflowjs[hub]", or download the model and give its folder.',
        ) from None
    try:
        return Path(kagglehub.model_download(handle))
    except Exception as error:  # kagglehub's errors have no common base
        raise InputError(
            f"{address}: kagglehub cannot fetch {handle} ({str(error) or type(error).__name__}).",
            hint="Check the address and, if the model is not open to all, your Kaggle account.",
        ) from error
