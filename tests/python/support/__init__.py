"""Tools of the suites of the Python packages."""
