"""What was acknowledged stays, whatever happens to the process."""
