"""What leaves the house: webhooks to merchants' systems, texts and e-mails to shoppers."""
