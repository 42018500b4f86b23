"""Pure building blocks: errors, money, periods, identifiers, numbers and the lifecycle interpreter."""
