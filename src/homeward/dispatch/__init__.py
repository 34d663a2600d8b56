"""Who carries what, in which order: snapshot, plan, offers, and the record of every decision."""
