"""`homeward bench …`: the engine and the live policy measured on public benchmarks and on drawn snapshots."""
