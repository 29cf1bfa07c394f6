"""The account: orders, fills, corporate actions on holdings, charges. The rules of an exchange come in as arguments."""
