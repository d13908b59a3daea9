"""Public ids."""

import secrets


def new_public_id() -> str:
    """128 random bits: an address that nobody can guess."""
    return secrets.token_urlsafe(16)
