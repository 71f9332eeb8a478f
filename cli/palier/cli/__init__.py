"""The command `palier`."""
