//! What the server wants permission for, as far as rules can judge it.

use super::members::{Members, type_name};

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
            Some("read") => request.paths = texts_of(&members, &["path", "resolvedPath"]),
            Some("write") => request.read_write(&members),
            Some("url") => request.urls = texts_of(&members, &["url"]),
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
        self.paths = members.typed("possiblePaths").unwrap_or_default();
        self.paths.extend(
            Members::lenient(members.get("resolvedPaths").unwrap_or("{}"))
                .0
                .iter()
                .filter_map(|(_, path)| serde_json::from_str::<String>(path.get()).ok()),
        );
        self.urls = list(members, "possibleUrls").iter().filter_map(|url| url.text("url")).collect();
        self.urls.extend(members.typed::<Vec<String>>("possibleUrls").unwrap_or_default());
    }

    /// One request may change several files, and move some.
    fn read_write(&mut self, members: &Members<'_>) {
        self.paths = texts_of(members, &["fileName", "resolvedPath"]);
        for edit in list(members, "fileEdits") {
            for side in ["before", "after"] {
                let side = Members::lenient(edit.get(side).unwrap_or("{}"));
                self.paths.extend(texts_of(&side, &["path"]));
            }
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
        if !is_known || !needed.iter().all(is_there) || !self.paths.iter().all(is_path) {
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
    let is_repeated = |members: &Members<'_>| {
        let names = || members.0.iter().map(|(name, _)| name);
        names().enumerate().any(|(at, name)| names().take(at).any(|other| other == name))
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

fn texts_of(members: &Members<'_>, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| members.text(name)).collect()
}

/// The objects of an array; an item that is none counts as one without members.
fn list<'a>(members: &Members<'a>, name: &str) -> Vec<Members<'a>> {
    let items: Vec<&serde_json::value::RawValue> = members.typed(name).unwrap_or_default();
    let object = |item: &&'a serde_json::value::RawValue| match type_name(item.get()) {
        "an object" => Members::lenient(item.get()),
        _ => Members(Vec::new()),
    };
    items.iter().map(object).collect()
}
