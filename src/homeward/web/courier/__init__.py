"""The courier's app: server-rendered, for one thumb, a slow phone and a bad connection."""
