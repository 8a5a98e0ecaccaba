"""What people look at: HTML pages, charts, sheets of pictures."""
