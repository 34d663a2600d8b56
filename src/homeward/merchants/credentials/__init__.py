"""How merchants sign in where the dialects of other delivery APIs are spoken."""
