"""The shopper's page: the merchant's name and colours, where the parcel is, and nothing of ours."""
