"""One engine a file, each behind its port; foreign errors become ours here."""
