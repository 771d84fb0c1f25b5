"""What a site's files say and where this box keeps its data, read once, checked strictly, never written."""
