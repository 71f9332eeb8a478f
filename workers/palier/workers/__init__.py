"""What is decided and kept: the handlers of commands, the barriers, the database."""
