"""What is missing, whether at random, and estimates that allow for it by multiple imputation."""
