"""The services of a client, one for each part of the server's API."""
