pip install -e ".[dev]"
# or
uv pip install -e ".[dev]"
