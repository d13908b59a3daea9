"""The Django project: settings, addresses, logs. The application is `notifications`."""
