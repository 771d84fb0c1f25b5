"""From words as people say them to words that a template can match: tokens, numbers, times, mentions.

Pure functions over a `Language` (the site's grammars as values). Nothing here knows a lot or a machine that is
not passed in.
"""
