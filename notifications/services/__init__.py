"""Every change of state: atomic, keyword-only. Views and commands call these and nothing below them writes."""
