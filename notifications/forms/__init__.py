"""Widgets and layout of questions. No rule lives here: every value is checked by `questionnaire.check_entry`."""
