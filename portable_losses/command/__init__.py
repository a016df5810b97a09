"""The command `portable-losses`: one module a subcommand, loaded when it is used."""
