"""Pieces that plots are drawn of: text and marks of SVG, bars, tables, and the picture as pixels."""
