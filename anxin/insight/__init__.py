"""分析: counting over facts; knows no Django."""
