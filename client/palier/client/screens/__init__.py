"""The windows. Dear PyGui is imported here only, and only in the main thread."""
