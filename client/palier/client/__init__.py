"""What is seen: the link to RabbitMQ, the pure state behind it, and its faces."""
