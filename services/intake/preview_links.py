"""The link to the form maker's view, for systems that show it to nobody else."""

from shared.identity import sign, verify

_AUDIENCE = "sportello-form-preview"


def preview_token(key: str, hours: float) -> str:
    """Opens the view for so long."""
    return sign({}, key, _AUDIENCE, hours * 3600)


def read_preview_token(token: str, key: str) -> None:
    """Raises `NotSignedIn` when the link is forged or expired."""
    verify(token, key, _AUDIENCE)
