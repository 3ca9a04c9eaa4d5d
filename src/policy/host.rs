//! Hosts: the patterns, and two readings of a URL, a strict one for allowing and a loose one for denying.
//!
//! Written by hand, because allowing must not normalise: a URL that has to be repaired before it has a host may have
//! another one in the parser of whoever fetches it. The strict reading takes only what every parser reads alike.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Lower-case ASCII labels.
    Name(String),
    Address(IpAddr),
}

/// Which ports a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    /// The scheme's own.
    Usual,
    This(u16),
    Any,
}

/// A host, or with `*.` every host below it.
#[derive(Clone, Debug)]
pub(super) struct HostPattern {
    host: Host,
    below: bool,
    port: Port,
}

impl HostPattern {
    /// Fails with what is wrong with it.
    pub(super) fn parse(pattern: &str) -> Result<HostPattern, String> {
        if pattern.contains(['/', '@', '?', '#', '\\', '%']) {
            return Err(String::from("must be a host alone, such as \"api.example.com\", not a URL"));
        }
        if !pattern.is_ascii() {
            return Err(String::from(
                "must be in the ASCII form that is sent, such as \"xn--bcher-kva.example\"",
            ));
        }
        let (below, rest) = match pattern.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let (name, port) = match split_port(rest) {
            (name, None) => (name, Port::Usual),
            (name, Some("*")) => (name, Port::Any),
            (name, Some(port)) => match number(port) {
                Some(port) => (name, Port::This(port)),
                None => {
                    return Err(String::from("has a port that is none; give a number from 0 to 65535, or *"));
                }
            },
        };
        let wrong =
            "must be a host such as \"api.example.com\", \"*.example.com\", \"127.0.0.1\" or \"[::1]:8080\"";
        let host = plain_host(name).ok_or(wrong)?;
        if below && matches!(host, Host::Address(_)) {
            return Err(String::from("has *. before an address; only names have hosts below them"));
        }
        Ok(HostPattern { host, below, port })
    }

    /// Whether this is, beyond doubt, a URL of a host of the pattern.
    pub(super) fn surely(&self, url: &str) -> bool {
        let Some(url) = Url::strict(url) else { return false };
        let port = match self.port {
            Port::Usual => url.port == url.usual_port,
            Port::This(port) => url.port == port,
            Port::Any => true,
        };
        port && self.has(&url.host)
    }

    /// Whether one of these may be of the pattern.
    pub(super) fn perhaps(&self, found: &Found) -> bool {
        let Found::These(hosts) = found else { return true };
        hosts.iter().any(|(host, port)| {
            let port = match (self.port, port) {
                (Port::This(wanted), Some(port)) => wanted == *port,
                // A port that is missing or no number may be anything's.
                _ => true,
            };
            port && self.has(host)
        })
    }

    fn has(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (Host::Name(wanted), Host::Name(name)) if self.below => name
                .strip_suffix(wanted.as_str())
                .is_some_and(|front| front.len() > 1 && front.ends_with('.')),
            (wanted, host) => wanted == host,
        }
    }
}

/// The hosts that a text may be about, for denying.
#[derive(Debug)]
pub(super) enum Found {
    /// These, with their ports where they are given.
    These(Vec<(Host, Option<u16>)>),
    /// Any: it cannot be told.
    Any,
}

impl Found {
    /// What the URL may be of. Some parsers take a backslash for a slash, and some do not.
    pub(super) fn in_url(url: &str) -> Found {
        let cleaned: String =
            url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !"\t\r\n".contains(*c)).collect();
        let scheme_ends = cleaned.find(':').unwrap_or(0);
        let scheme = cleaned[..scheme_ends].to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Found::Any;
        }
        let rest = cleaned[scheme_ends + 1..].trim_start_matches(['/', '\\']);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let readings = [authority.split('\\').next(), authority.rsplit('@').next()];
        let host = |reading: &str| of_authority(reading.split('\\').next()?.rsplit('@').next()?);
        let hosts: Option<Vec<_>> = readings.into_iter().flatten().map(host).collect();
        hosts.map_or(Found::Any, Found::These)
    }

    /// What the words of a command may be of: any part of a word may be a host.
    pub(super) fn in_words<'w>(words: impl Iterator<Item = &'w str>) -> Found {
        let mut hosts = Vec::new();
        for word in words {
            if is_url_beyond_ascii(word) {
                return Found::Any;
            }
            let is_between = |c: char| "/\\@=,;?#'\"".contains(c) || c.is_whitespace();
            for part in word.split(is_between).filter(|part| !part.is_empty()) {
                let further = part.split(':').filter(|_| part.contains(':'));
                hosts.extend(further.chain([part]).filter_map(of_authority));
            }
        }
        Found::These(hosts)
    }
}

/// Whether the host of a URL is written in what is not ASCII, or will not be once it is decoded.
fn is_url_beyond_ascii(word: &str) -> bool {
    word.match_indices(":/").any(|(at, slash)| {
        let rest = word[at + slash.len()..].trim_start_matches('/');
        let authority =
            rest.split(|c: char| "/?#".contains(c) || c.is_whitespace()).next().unwrap_or_default();
        percent_decoded(authority).is_none()
    })
}

/// `None` where the host cannot be told.
fn of_authority(authority: &str) -> Option<(Host, Option<u16>)> {
    let (host, port) = split_port(authority);
    Some((loose_host(host)?, port.and_then(number)))
}

/// Whether every parser reads this as an http or https URL without credentials, and as the same.
pub(super) fn is_clear(url: &str) -> bool {
    Url::strict(url).is_some()
}

struct Url {
    host: Host,
    port: u16,
    usual_port: u16,
}

impl Url {
    fn strict(url: &str) -> Option<Url> {
        let (scheme, rest) = url.split_once("://")?;
        let usual_port = match scheme.to_ascii_lowercase().as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        if url.chars().any(char::is_control) {
            return None;
        }
        // No credentials: an @ is not in any host, nor a backslash or a percent sign.
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = split_port(authority);
        let port = port.map_or(Some(usual_port), number)?;
        Some(Url { host: plain_host(host)?, port, usual_port })
    }
}

/// Splits "host:port"; the colons of an address in brackets belong to it.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn number(port: &str) -> Option<u16> {
    let is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    port.parse().ok().filter(|_| is_number)
}

/// A host in the one spelling that needs no repair, but for upper case.
fn plain_host(host: &str) -> Option<Host> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(Host::Address(IpAddr::V6(address).to_canonical()));
    }
    let is_plain = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() > 253 || !host.split('.').all(is_plain) {
        return None;
    }
    let name = host.to_ascii_lowercase();
    if ends_in_number(&name) {
        return name.parse::<Ipv4Addr>().ok().map(|address| Host::Address(IpAddr::V4(address)));
    }
    Some(Host::Name(name))
}

/// What browsers take for an address.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.bytes().all(|b| b.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(is_hex)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A host repaired as browsers repair it; `None` where that needs more than ASCII.
fn loose_host(host: &str) -> Option<Host> {
    let decoded = percent_decoded(host)?.to_ascii_lowercase();
    let name = decoded.trim_end_matches('.');
    if let Some(address) = loose_address(name) {
        return Some(Host::Address(IpAddr::V4(address)));
    }
    plain_host(name)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| text_of_two(after)).flatten();
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

fn text_of_two(bytes: &[u8]) -> Option<u8> {
    let two = std::str::from_utf8(bytes.get(..2)?).ok()?;
    if is_hex(two) { u8::from_str_radix(two, 16).ok() } else { None }
}

/// "127.1", "0x7f000001" and "017700000001" are all 127.0.0.1.
fn loose_address(name: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u64> = name.split('.').map(loose_number).collect::<Option<_>>()?;
    let (last, front) = numbers.split_last()?;
    if front.len() > 3 || front.iter().any(|number| *number > 255) || *last >= 1 << (8 * (4 - front.len())) {
        return None;
    }
    let front = front.iter().enumerate().fold(0, |sum, (i, number)| sum | number << (8 * (3 - i)));
    u32::try_from(front | last).ok().map(Ipv4Addr::from)
}

fn loose_number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some("") => return Some(0),
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, radix).ok() }
}
