"""Pages: server-rendered from typed view models; small scripts make them livelier."""
