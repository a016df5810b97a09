"""What every loss stands on."""
