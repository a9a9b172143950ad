"""What several commands share: options, inputs, outputs, progress, tables."""
