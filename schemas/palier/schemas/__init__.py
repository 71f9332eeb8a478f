"""What is said: Palier's messages, and nothing that sends, keeps or shows them."""
