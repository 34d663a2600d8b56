"""`python -m homeward` is the same as `homeward`."""

from homeward.cli import main

raise SystemExit(main())
