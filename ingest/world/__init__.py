"""What people call software, matched to the world's catalogue of products, cycles and CPE names."""
