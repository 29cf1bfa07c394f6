"""`python -m champion_assets.cli`: the `champion` command without its script."""

from champion_assets.cli.main import main

main()
