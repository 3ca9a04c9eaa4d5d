"""How the binding behaves at its edges, against the fake runtime (tests/testbed/RUNTIME.md)."""
