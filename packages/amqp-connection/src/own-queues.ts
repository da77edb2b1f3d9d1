/**
 * Arguments of queues that are this library's own and no task queues: classic ones, whatever kind the virtual host has by
 * default. Quorum queues before RabbitMQ 4.3 drop a message that was looked at some twenty times.
 */
export const ownQueueArguments: Readonly<Record<string, unknown>> = { 'x-queue-type': 'classic' }
