"""Published client libraries drive the server. `DIFF_SELF=1` lets them drive PocketBase instead."""
