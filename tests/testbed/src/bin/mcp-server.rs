//! An MCP server on stdin and stdout; see `testbed::mcp`.

fn main() {
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    // A broken pipe means that the client has gone.
    let _ = testbed::mcp::serve(input, output);
}
