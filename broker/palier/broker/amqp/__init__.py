"""RabbitMQ by AMQP 0-9-1, with pika: the only package that imports it."""

from palier.broker.amqp.transport import HEARTBEAT, AmqpTransport

__all__ = ["HEARTBEAT", "AmqpTransport"]
