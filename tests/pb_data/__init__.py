"""A data folder goes from PocketBase to Ketch and back."""
