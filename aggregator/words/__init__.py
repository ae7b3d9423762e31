"""Texts -> words: cut, folded, stemmed; which are grammar, how common each is."""
