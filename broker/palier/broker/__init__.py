"""RabbitMQ, all of it: topology, connections, seats, the private node. Only here is pika."""
