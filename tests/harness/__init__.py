"""Shared tools of the test suites: start a server, talk raw HTTP to it."""
