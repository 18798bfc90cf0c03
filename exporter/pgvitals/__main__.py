"""`python -m pgvitals` is the command `pgvitals`."""

from pgvitals.cli import main

main()
