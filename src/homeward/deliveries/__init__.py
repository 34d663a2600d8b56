"""The delivery and its life: states, legs, custody, proof, returns."""
