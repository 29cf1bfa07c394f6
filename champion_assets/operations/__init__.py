"""What an operator asks for: doctor, demo, reports, the data dictionary."""
