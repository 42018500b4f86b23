"""`python -m anxin` is the same door as `anxin`."""

from anxin.entrances.commands.main import main

main()
