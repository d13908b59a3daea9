"""Plain data in, bytes out: files that a person keeps. No model, no query."""
