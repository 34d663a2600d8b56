"""Due process: what a person may decide about a courier's standing, on which grounds, and how it is appealed."""
