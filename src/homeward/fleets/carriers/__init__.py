"""Other delivery companies that carry for us, each behind one contract."""
