"""Offers to all who can, for what nobody has taken: a fair window, a published choice, a rising price."""
