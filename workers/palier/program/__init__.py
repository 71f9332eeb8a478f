"""What the author of a program imports."""
