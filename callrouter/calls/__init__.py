"""The live side of calls: what is done over AMI while they run."""
