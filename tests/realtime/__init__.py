"""Realtime: scripted sessions run against PocketBase and Ketch, whose events are compared."""
