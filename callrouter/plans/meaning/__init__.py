"""Whether well-formed parts make sense together: names, times that follow one another, what the overlay may say."""
