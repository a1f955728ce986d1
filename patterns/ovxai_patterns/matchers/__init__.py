"""Pictures: MatcherPass patterns with names. They propose; the analysis decides."""
