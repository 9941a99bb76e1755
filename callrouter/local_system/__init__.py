"""The whole system on one machine: broker, subscriber, Asterisk and controller, started and watched."""
