//! The end of the process, in words.

use crate::error::Exit;

/// Says how the CLI ended, with the last lines it wrote to stderr when there are any.
pub fn describe(exit: &Exit) -> String {
    let end = match (exit.code, exit.signal) {
        (Some(code), _) => format!("the CLI exited with code {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("the CLI was killed by signal {signal} ({name})"),
            None => format!("the CLI was killed by signal {signal}"),
        },
        // The host waits for every child of the process, or ignores SIGCHLD, and so took the status away.
        (None, None) => "the CLI ended (its exit status went to the host program)".to_owned(),
    };
    match exit.stderr_tail.trim() {
        "" => end,
        last_words => format!("{end}; its last words on stderr:\n{last_words}"),
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: Option<i32>, signal: Option<i32>, stderr_tail: &str) -> Exit {
        Exit { code, signal, stderr_tail: stderr_tail.to_owned() }
    }

    #[test]
    fn codes_signals_and_last_words_are_told() {
        assert_eq!(describe(&exit(Some(3), None, "")), "the CLI exited with code 3");
        assert_eq!(describe(&exit(None, Some(9), "")), "the CLI was killed by signal 9 (SIGKILL)");
        assert_eq!(describe(&exit(None, Some(40), " \n")), "the CLI was killed by signal 40");
        assert_eq!(
            describe(&exit(Some(1), None, "error: no\n")),
            "the CLI exited with code 1; its last words on stderr:\nerror: no"
        );
        assert!(describe(&exit(None, None, "")).contains("exit status went to the host"));
    }
}
