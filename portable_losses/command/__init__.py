"""The command `portable-losses`: one module per subcommand, loaded when it is used."""
