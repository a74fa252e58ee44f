"""What operators look back at: the log, analytics, request spans."""
