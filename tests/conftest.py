"""For all tests."""

from hypothesis import settings

# How long an example takes says more of the machine than of the program; what is to be fast is measured elsewhere.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
