"""What analysts are shown: documents of tables and charts, as one HTML file, JSON, SVG and PNG."""
