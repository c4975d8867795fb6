"""`tocsin demo`: sample orders, and providers that run in this process and keep what they are sent."""
