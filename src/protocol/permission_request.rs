//! What the server wants permission for, as far as rules can judge it.

use std::collections::HashSet;

use super::members::{Members, items, type_name};

/// The kinds of permission requests that are known.
pub(crate) const KINDS: [&str; 13] = [
    "shell",
    "write",
    "read",
    "url",
    "mcp",
    "memory",
    "custom-tool",
    "hook",
    "workflow",
    "factory",
    "extension-management",
    "extension-permission-access",
    "extension-env-access",
];

/// A permission request, read for judging. What is missing or of another type is absent.
#[derive(Debug, Default)]
pub(crate) struct PermissionRequest<'a> {
    /// The object's text; "null" where there is none.
    pub text: &'a str,
    /// What it is for; none where it is no object or has no kind.
    pub kind: Option<String>,
    /// The tool, of MCP servers, of the program, or that a hook asks about.
    pub tool: Option<String>,
    /// The MCP server.
    pub server: Option<String>,
    /// True where the server says that it only reads.
    pub read_only: bool,
    /// What is read or written. For a shell command what the server has found in it, which may be nothing.
    pub paths: Vec<String>,
    /// What is fetched. For a shell command what the server has found in it, which may be nothing.
    pub urls: Vec<String>,
    /// The shell command.
    pub command: Option<String>,
    /// Whether the server's own reading of the command is known, and the parts that it found.
    pub parts: Parts,
    /// It says something of paths that cannot be read.
    is_unclear: bool,
    /// Why no rule may allow it; a text that completes "it is for a person to decide: ".
    pub held_back: Option<&'static str>,
}

/// How the server reads a shell command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Parts {
    /// As nothing that is understood here.
    #[default]
    Unknown,
    /// As one text; the early servers.
    Whole,
    /// As so many commands.
    Count(usize),
    /// As these commands.
    Texts(Vec<String>),
}

impl<'a> PermissionRequest<'a> {
    /// Reads the params of a permission question.
    pub(crate) fn read(params: &'a str) -> PermissionRequest<'a> {
        let outer = Members::lenient(params);
        let text = outer.get("permissionRequest").unwrap_or("null");
        let Some(members) = Members::read(text) else {
            return PermissionRequest {
                text,
                held_back: Some("the server's request is malformed"),
                ..Default::default()
            };
        };
        let kind = members.text("kind");
        let mut request = PermissionRequest {
            text,
            tool: members.text("toolName"),
            server: members.text("serverName"),
            read_only: members.flag("readOnly"),
            command: members.text("fullCommandText"),
            held_back: held_back(&outer, &members),
            ..Default::default()
        };
        match kind.as_deref() {
            Some("shell") => request.read_shell(&members),
            Some("read") => request.read_paths(&members, &["path", "resolvedPath"]),
            Some("write") => request.read_write(&members),
            Some("url") => request.urls = members.text("url").into_iter().collect(),
            _ => {}
        }
        request.kind = kind;
        request.check(&members);
        request
    }

    fn read_shell(&mut self, members: &Members<'_>) {
        let commands = list(members, "commands");
        self.read_only = !commands.is_empty() && commands.iter().all(|command| command.flag("readOnly"));
        self.parts = match (members.get("commandSegments"), commands.as_slice()) {
            (_, []) => Parts::Unknown,
            (Some(segments), _) if segments != "null" => {
                let segments = list(members, "commandSegments");
                Parts::Texts(segments.iter().map(|s| s.text("fullCommandText").unwrap_or_default()).collect())
            }
            (_, [one]) if one.text("identifier") == self.command => Parts::Whole,
            (_, several) => Parts::Count(several.len()),
        };
        self.paths = texts(members, "possiblePaths");
        self.paths.extend(
            Members::lenient(members.get("resolvedPaths").unwrap_or("{}"))
                .0
                .iter()
                .filter_map(|(_, path)| serde_json::from_str::<String>(path).ok()),
        );
        self.urls = list(members, "possibleUrls").iter().filter_map(|url| url.text("url")).collect();
        self.urls.extend(texts(members, "possibleUrls"));
    }

    /// One request may change several files, and move some.
    fn read_write(&mut self, members: &Members<'_>) {
        self.read_paths(members, &["fileName", "resolvedPath"]);
        let Some(edits) = members.get("fileEdits").filter(|edits| *edits != "null") else {
            return self.read_move(members);
        };
        let edits: Option<Vec<Members<'_>>> =
            items(edits).and_then(|edits| edits.into_iter().map(Members::read).collect());
        self.is_unclear |= edits.is_none();
        for edit in edits.into_iter().flatten() {
            let sides: Vec<_> = ["before", "after"]
                .into_iter()
                .filter_map(|side| edit.get(side))
                .filter(|side| *side != "null")
                .collect();
            self.is_unclear |= sides.is_empty() || is_repeated(&edit);
            for side in sides {
                let side = Members::lenient(side);
                self.is_unclear |= side.text("path").is_none() || is_repeated(&side);
                self.read_paths(&side, &["path"]);
            }
        }
    }

    /// Every server but the newest names only where a file is moved to. Where it comes from, and is no more
    /// afterwards, is in the head of the difference.
    fn read_move(&mut self, members: &Members<'_>) {
        let (diff, target) = (members.text("diff").unwrap_or_default(), members.text("fileName"));
        let target = target.unwrap_or_default();
        let is_move = members.text("intention").is_some_and(|text| text.to_lowercase().contains("move"));
        match source_of(&diff, &target) {
            Some(source) if source != target && source != "/dev/null" => self.paths.push(source.to_owned()),
            Some(_) => {}
            None => self.is_unclear |= is_move,
        }
    }

    /// A path that is there and cannot be read may be any, as one with half a surrogate pair in it.
    fn read_paths(&mut self, members: &Members<'_>, names: &[&str]) {
        for name in names {
            self.paths.extend(members.text(name));
            let is_there = members.get(name).is_some_and(|value| value != "null");
            self.is_unclear |= is_there && members.text(name).is_none();
        }
    }

    /// A request that lacks what its kind is about is not one to be allowed unseen.
    fn check(&mut self, members: &Members<'_>) {
        let needed: &[&str] = match self.kind.as_deref() {
            Some("shell") => &["fullCommandText"],
            Some("read") => &["path"],
            Some("write") => &["fileName"],
            Some("url") => &["url"],
            Some("mcp") => &["serverName", "toolName"],
            Some("custom-tool" | "hook") => &["toolName"],
            _ => &[],
        };
        let is_known = self.kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
        let is_there = |name: &&str| members.text(name).is_some_and(|text| !text.is_empty());
        let is_path = |path: &String| !path.is_empty() && !path.contains('\0');
        if self.is_unclear || !is_known || !needed.iter().all(is_there) || !self.paths.iter().all(is_path) {
            self.held_back =
                Some("the server's request lacks what its kind is about, or its kind is not known");
        }
    }
}

/// What no rule of the program's speaks for.
fn held_back(outer: &Members<'_>, members: &Members<'_>) -> Option<&'static str> {
    // Anything but a plain "no" is a yes.
    let is_set = |object: &Members<'_>, name: &str| {
        object.get(name).is_some_and(|value| !matches!(value, "false" | "null"))
    };
    let is_other_shell =
        members.get("shellType").is_some_and(|value| !matches!(value, "\"bash\"" | "\"sh\"" | "null"));
    if [outer, members].into_iter().any(|object| is_set(object, "managedApprovalRequired")) {
        Some("managed settings ask for a person's approval")
    } else if ["requestSandboxBypass", "requestSandboxPermissive", "sandboxPathGrant"]
        .into_iter()
        .any(|name| is_set(members, name))
    {
        Some("it asks to get round the CLI's sandbox")
    } else if is_set(members, "warning") {
        Some("the CLI warns of it")
    } else if is_set(members, "hasWriteFileRedirection") {
        Some("the CLI has found a redirection to a file")
    } else if is_other_shell {
        Some("it is for a shell whose grammar is not known here")
    } else if is_repeated(outer) || is_repeated(members) {
        Some("the server's request says something twice")
    } else {
        None
    }
}

/// The path that a difference is from, if its head is what it is expected to be; names with line ends in them make
/// it another.
fn source_of<'d>(diff: &'d str, target: &str) -> Option<&'d str> {
    let head = diff.trim_start_matches('\n').split_once("\n@@").map_or(diff, |(head, _)| head);
    let mut lines = head.trim_start_matches('\n').lines();
    let names = lines.next()?.strip_prefix("diff --git a")?;
    let source = lines.find_map(|line| line.strip_prefix("--- a"))?;
    let is_end = lines.next()?.strip_prefix("+++ b").is_some_and(|end| end == target || end == "/dev/null");
    let is_named = [source, target].iter().any(|from| names == format!("{from} b{target}"));
    (is_end && is_named && lines.next().is_none()).then_some(source)
}

fn is_repeated(members: &Members<'_>) -> bool {
    let mut names = HashSet::new();
    !members.0.iter().all(|(name, _)| names.insert(name))
}

/// The texts of an array, what is none left out.
fn texts(members: &Members<'_>, name: &str) -> Vec<String> {
    let items = members.get(name).and_then(items).unwrap_or_default();
    items.iter().filter_map(|item| serde_json::from_str(item).ok()).collect()
}

/// The objects of an array; an item that is none counts as one without members.
fn list<'a>(members: &Members<'a>, name: &str) -> Vec<Members<'a>> {
    let items = members.get(name).and_then(items).unwrap_or_default();
    let object = |item: &&'a str| match type_name(item) {
        "an object" => Members::lenient(item),
        _ => Members(Vec::new()),
    };
    items.iter().map(object).collect()
}
