"""The operations of the API: authentication, handlers, job manager."""
