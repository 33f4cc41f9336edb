"""Search over paths of layers: edits, rules, trees, the journal and the samples file."""
