"""Pass marks: setting them with judges or data, how sure a decision is, what one point more or less does."""
