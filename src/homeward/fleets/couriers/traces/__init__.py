"""Whether reported positions are believable: a score for a person to look at, never a verdict."""
