"""`python -m portable_losses.command` is `portable-losses`; see `_as_command`."""

from portable_losses.command.entry import main

if __name__ == "__main__":
    main()
