"""Merchants' own drivers: who they are, and whom they carry for."""
