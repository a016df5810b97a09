"""Run the parity matrix."""

from portable_losses.parity.cli import main

if __name__ == "__main__":
    main()
