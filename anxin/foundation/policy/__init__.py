"""What the law and the county say, on a day, at a place, and who says so."""
