"""Pictures: drawn in a child process that ends, for drawing costs 60 MB."""
