"""What a shopper does with a delivery from the tracking page: as far as the merchant lets them."""
