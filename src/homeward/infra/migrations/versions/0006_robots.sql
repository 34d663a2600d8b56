-- New tables and columns only: the release before runs on this schema as it is.
SELECT 1;
