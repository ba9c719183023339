"""LightningModules: one task a file, completed with a net, an optimizer and a schedule."""
