"""The API reference: our own pages, made from what the app itself declares."""
