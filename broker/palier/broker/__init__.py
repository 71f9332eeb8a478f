"""RabbitMQ, all of it: topology, connections, seats and the private node. pika is imported here only."""
