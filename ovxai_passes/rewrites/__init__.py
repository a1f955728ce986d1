"""Graph rewrites that change no value: MatcherPasses."""
