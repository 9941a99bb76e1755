"""What people and their tools see of a running controller, over HTTP."""
