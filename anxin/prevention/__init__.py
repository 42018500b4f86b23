"""事前预防: accounts, deposits, agreements and outreach before wages can be owed."""
