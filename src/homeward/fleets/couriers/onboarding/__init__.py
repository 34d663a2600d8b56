"""How somebody becomes a courier: from the first code to the person who lets them work."""
