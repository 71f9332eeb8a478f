"""The database: tables, migrations and the unit of work."""
