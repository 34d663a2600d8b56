"""The machine room: settings, database, migrations, jobs, event log, sign-in, telemetry, HTTP shell."""
