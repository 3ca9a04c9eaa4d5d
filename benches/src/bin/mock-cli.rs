//! The mock CLI: a client starts it as its CLI, and each prompt is a workload (benches/README.md lists them).
//!
//! Arguments are ignored but for `--version`. With `BENCH_MOCK_CPU` it pins itself to that CPU.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--version") {
        println!("1.0.102");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mock-cli: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    if let Ok(cpu) = std::env::var("BENCH_MOCK_CPU") {
        let number =
            cpu.parse().map_err(|_| io::Error::other(format!("BENCH_MOCK_CPU is no number: {cpu}")))?;
        bench::cpu::pin(number)?;
    }
    // As files: the standard library's handles have buffers of their own.
    let file = |stream: io::Result<std::os::fd::OwnedFd>| stream.map(File::from);
    let input = file(io::stdin().as_fd().try_clone_to_owned())?;
    let output = file(io::stdout().as_fd().try_clone_to_owned())?;
    bench::mock::serve(input, output)
}
