"""What holds for every test: no test is lost in CI, and every example of the documents is run."""

pytest_plugins = ["tests.plugins.skips", "tests.plugins.examples", "tests.plugins.sides"]
