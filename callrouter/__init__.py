"""CallRouter: the voice side of folding a country's government hotlines into 12345."""
