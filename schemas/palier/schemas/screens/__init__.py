"""Screens: what a stage shows, described so that any desk can show it; data, never code.

An author writes XML (`reader`), what travels is the JSON of `screen.ScreenSpec`, named by its hash.
"""
