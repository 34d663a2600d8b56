"""What if: recorded days through another policy or tariff. Pure but for `repository` and `service`."""
