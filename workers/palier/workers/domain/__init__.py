"""Rules that take values and return values: no I/O, no clock."""
