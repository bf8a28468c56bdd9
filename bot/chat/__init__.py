"""What is said to people and what they say: the one door through which it comes in."""
