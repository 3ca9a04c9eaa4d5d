//! The forms of `cliUrl`.

use crate::transport::Address;

/// The host of a bare port number.
const HERE: &str = "localhost";

/// Reads `8080`, `host:8080` or `http://host:8080`. The error completes "cliUrl …".
pub(super) fn parse(url: &str) -> Result<Address, String> {
    let rest = without_scheme(url)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Address { host: HERE.into(), port: port(rest)? });
    }
    if rest.contains(['/', '?', '#']) {
        return Err("has more than host and port; leave out what follows the port".into());
    }
    if rest.contains('@') {
        return Err(
            "names a user, which there is no use for; the server's token is given as connectionToken".into(),
        );
    }
    let Some((host, digits)) = rest.rsplit_once(':') else {
        return Err("names no port; write host:port".into());
    };
    Ok(Address { host: bare_host(host)?, port: port(digits)? })
}

fn without_scheme(url: &str) -> Result<&str, String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Ok(url) };
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(rest),
        "https" => {
            Err("asks for TLS, which a CLI server does not speak; write http:// for a server on this \
                        machine, and reach one elsewhere through a tunnel of your own"
                .into())
        }
        _ => Err("has a scheme other than http; write host:port".into()),
    }
}

/// The host without the brackets of an IPv6 address.
fn bare_host(host: &str) -> Result<String, String> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = match inner {
        Some(inner) if inner.parse::<std::net::Ipv6Addr>().is_ok() => inner,
        None if !host.contains([':', '[', ']']) && !host.contains(char::is_whitespace) => host,
        _ => return Err("has no valid host; write host:port, and an IPv6 address in brackets".into()),
    };
    match host {
        "" => Err("names no host; write host:port, or the port alone for a server on this machine".into()),
        host => Ok(host.into()),
    }
}

fn port(digits: &str) -> Result<u16, String> {
    let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None };
    match number {
        None | Some(0) => Err("has no valid port; a port is a number from 1 to 65535".into()),
        Some(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_form() {
        for (url, host, port) in [
            ("8080", "localhost", 8080),
            ("localhost:8080", "localhost", 8080),
            ("http://localhost:8080", "localhost", 8080),
            ("HTTP://Build-7.example:65535/", "Build-7.example", 65535),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:9", "::1", 9),
            ("http://8080", "localhost", 8080),
        ] {
            assert_eq!(parse(url).unwrap(), Address { host: host.into(), port }, "{url}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_others() {
        for (url, part) in [
            ("https://localhost:8080", "TLS"),
            ("ws://localhost:8080", "scheme other than http"),
            ("localhost", "names no port"),
            ("http://localhost", "names no port"),
            ("localhost:", "from 1 to 65535"),
            ("localhost:0", "from 1 to 65535"),
            ("0", "from 1 to 65535"),
            ("65536", "from 1 to 65535"),
            ("localhost:+80", "from 1 to 65535"),
            ("localhost:http", "from 1 to 65535"),
            (":8080", "names no host"),
            ("::1:8080", "no valid host"),
            ("[::1:8080", "no valid host"),
            ("[here]:8080", "no valid host"),
            ("a host:8080", "no valid host"),
            ("me:secret@host:8080", "connectionToken"),
            ("localhost:8080/rpc", "what follows the port"),
            ("http://localhost:8080?x", "what follows the port"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.contains(part), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
