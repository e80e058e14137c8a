//! The mox binary: parse, run, exit code.

fn main() -> std::process::ExitCode {
    mox::main()
}
