"""Quotes: may it be carried, what does it cost, when can it be promised."""
