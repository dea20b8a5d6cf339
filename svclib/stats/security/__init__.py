"""Signs that an exam calls for a look: answers that agree, times that are too short, items that got out."""
