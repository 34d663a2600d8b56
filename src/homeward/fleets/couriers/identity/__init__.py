"""Is it still the same person? Asked at moments nobody can foresee, answered by a person."""
