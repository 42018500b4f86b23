"""A synthetic Yongkang to look at: invented people and firms, real commands, a simulated clock."""
