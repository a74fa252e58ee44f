"""Sends the same requests to PocketBase and to Ketch and compares the answers."""
