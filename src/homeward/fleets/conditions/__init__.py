"""What the sky and the city allow: asked of whoever the operator has named, and held against fact sheets."""
