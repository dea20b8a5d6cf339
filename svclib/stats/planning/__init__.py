"""How many answers are needed, what so many will tell, and how to spread them over strata."""
