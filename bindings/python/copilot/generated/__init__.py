"""The import paths of the official SDK for what it generates from the protocol's schema."""
