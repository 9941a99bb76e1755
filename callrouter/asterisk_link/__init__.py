"""Our end of Asterisk: the AGI server, the AMI client, and what turns their facts into ours and back."""
