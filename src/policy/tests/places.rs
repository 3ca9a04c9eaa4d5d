use super::*;

/// Under the rules: writes in project/** and reads in project/**, but neither of .env anywhere nor in project/sub/deep.
#[rustfmt::skip]
const PATHS: &[(&str, &str, Comes)] = &[
    ("write", "$/project/new.txt", Allow),
    ("write", "$/project/sub/new/newer.txt", Allow),
    ("write", "$/project/./sub//new.txt", Allow),
    ("write", "$/project/sub/../new.txt", Allow),
    ("write", "$/project/nothing/../new.txt", Allow),
    ("write", "$/project/same", Allow),
    ("write", "$/alias/new.txt", Allow),
    ("write", "new.txt", Allow),
    ("write", "$/project/..new", Allow),
    ("write", "$/new.txt", Handler),
    ("write", "$/projector/new.txt", Handler),
    ("write", "$/project/../new.txt", Handler),
    ("write", "$/project/sub/../../new.txt", Handler),
    ("write", "$/project/nothing/../../new.txt", Handler),
    ("write", "../new.txt", Handler),
    ("write", "$/project/link/new.txt", Handler),
    ("write", "$/project/link/../new.txt", Handler),
    ("write", "$/project/inner/../secret", Handler),
    ("write", "$/project/file-link", Handler),
    ("write", "$/project/dangling", Handler),
    ("write", "$/project/dangling/x", Handler),
    ("write", "$/project/loop", Deny),
    ("write", "$/project/sub/../link/secret", Handler),
    ("write", "$/alias/link/secret", Handler),
    ("write", "$/PROJECT/new.txt", Handler),
    ("write", "/proc/self/cwd/x", Deny),
    ("write", "/proc/self/root$/project/new.txt", Deny),
    ("write", "/dev/fd/3", Deny),
    ("write", "/proc/1/root/etc/x", Deny),
    ("write", "/proc/sys/kernel/x", Handler),
    ("write", "~/new.txt", Deny),
    ("write", "~root/new.txt", Deny),
    ("write", "", Deny),
    ("write", "$/project/new\u{0}.txt", Deny),
    ("write", "$/project/.env", Deny),
    ("write", "$/project/sub/.env", Deny),
    ("write", "$/project/sub/../.env", Deny),
    ("write", "$/out/.env", Deny),
    ("write", "/.env", Deny),
    ("write", "$/project/.envx", Allow),
    ("write", "$/project/sub/deep/x", Deny),
    ("write", "$/alias/sub/deep/x", Deny),
    ("write", "$/project/sub/../sub/deep/x", Deny),
    ("write", "sub/deep/x", Deny),
    ("read", "$/project/in.txt", Allow),
    ("read", "$/project/file-link", Handler),
    ("read", "$/out/secret", Handler),
    ("read", "$/project/link", Handler),
    ("read", "$/project/sub/deep", Deny),
    // A search there would read .env, or sub/deep.
    ("read", "$/project", Ask),
    ("read", "$/project/sub", Ask),
    ("read", ".", Ask),
];

#[test]
fn a_path_is_where_it_leads() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "path": "/**/.env" }, { "path": "$/project/sub/deep/**" }],
        "allow": [{ "kind": "write", "path": "./**" }, { "kind": "read", "path": "$/alias/**" }],
    }));
    for (kind, path, wanted) in PATHS {
        let member = if *kind == "read" { "path" } else { "fileName" };
        check(&policy, json!({ "kind": kind, member: yard.filled(path) }), *wanted);
    }
    check(&policy, json!({ "kind": "write" }), Deny);
    check(&policy, json!({ "kind": "write", "fileName": 1 }), Deny);
    check(&policy, json!({ "kind": "write", "fileName": "$/project/".repeat(1000) }), Deny);
}

#[test]
fn every_path_of_a_request_counts() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "kind": "write", "path": "$/out/**" }],
        "allow": [{ "kind": "write", "path": "./**" }],
    }));
    for (other, wanted) in [("$/project/b", Allow), ("$/home/b", Handler), ("$/out/b", Deny)] {
        let (inside, other) = (yard.filled("$/project/a"), yard.filled(other));
        let edits = json!([{ "before": { "path": inside }, "after": { "path": other } }]);
        check(&policy, json!({ "kind": "write", "fileName": inside, "fileEdits": edits }), wanted);
        check(&policy, json!({ "kind": "write", "fileName": inside, "resolvedPath": other }), wanted);
    }
}

#[test]
fn a_link_that_is_made_later_moves_no_rule() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "kind": "write", "path": "./late-deny/**" }],
        "allow": [{ "kind": "write", "path": "./late/**" }],
    }));
    let write = |path: &str| json!({ "kind": "write", "fileName": yard.filled(path) });
    check(&policy, write("$/project/late/x"), Allow);
    std::os::unix::fs::symlink("../out", yard.root.join("project/late")).unwrap();
    check(&policy, write("$/project/late/x"), Handler);
    check(&policy, write("$/out/x"), Handler);
    // To deny, where the link leads now counts as well.
    std::os::unix::fs::symlink("../out", yard.root.join("project/late-deny")).unwrap();
    check(&policy, write("$/project/late-deny/x"), Deny);
    check(&policy, write("$/out/x"), Deny);
}

#[test]
fn a_folder_is_searched_whole_and_stars_stay_in_theirs() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [
        { "kind": "read", "path": "./*" }, { "kind": "write", "path": "./s*/**/*.txt" },
    ] }));
    let read = |path: &str| json!({ "kind": "read", "path": yard.filled(path) });
    let write = |path: &str| json!({ "kind": "write", "fileName": yard.filled(path) });
    check(&policy, read("$/project/in.txt"), Allow);
    check(&policy, read("$/project/sub"), Handler);
    check(&policy, read("$/project/sub/x"), Handler);
    check(&policy, write("$/project/sub/x.txt"), Allow);
    check(&policy, write("$/project/sub/a/b/x.txt"), Allow);
    check(&policy, write("$/project/x.txt"), Handler);
    check(&policy, write("$/project/sub/x.txtx"), Handler);
}

#[test]
fn a_star_in_a_folders_own_name_is_no_wildcard() {
    let yard = Yard::new();
    let directory = yard.root.join("a*b");
    let rules = parsed(json!({ "allow": [{ "kind": "write", "path": "./**" }] })).unwrap();
    let policy = rules.anchored(Places { directory: Some(directory), home: None, is_here: true }).unwrap();
    check(&policy, json!({ "kind": "write", "fileName": yard.filled("$/a*b/x") }), Allow);
    check(&policy, json!({ "kind": "write", "fileName": yard.filled("$/acb/x") }), Handler);
}

/// Under the rules: allow api.example.com, *.example.org, 127.0.0.1:8080, "[::1]:*" and xn--bcher-kva.example; deny
/// evil.example, *.evil.example and 10.0.0.1.
#[rustfmt::skip]
const URLS: &[(&str, Comes)] = &[
    ("https://api.example.com/x", Allow),
    ("http://api.example.com", Allow),
    ("HTTPS://API.Example.COM:443/x?y#z", Allow),
    ("https://api.example.com?x=@evil", Allow),
    ("https://api.example.com/@evil", Allow),
    ("https://a.example.org/", Allow),
    ("https://a.b.example.org/", Allow),
    ("http://127.0.0.1:8080/", Allow),
    ("http://[::1]:3000/", Allow),
    ("http://[0:0:0:0:0:0:0:1]/", Allow),
    ("https://xn--bcher-kva.example/", Allow),
    ("https://api.example.com:8443/", Handler),
    ("http://api.example.com:443/", Handler),
    ("https://example.com/", Handler),
    ("https://example.org/", Handler),
    ("https://.example.org/", Deny),
    ("https://badexample.org/", Handler),
    ("https://x.api.example.com/", Handler),
    ("https://api.example.com.other.example/", Handler),
    ("https://api-example.com/", Handler),
    ("https://api.example.com@other.example/", Handler),
    ("https://other.example@api.example.com/", Handler),
    ("https://user:pw@api.example.com/", Handler),
    ("https://@api.example.com/", Handler),
    ("https://other.example\\@api.example.com/", Handler),
    ("https://api.example.com\\@other.example/", Handler),
    ("https:\\\\api.example.com/", Handler),
    ("https:/api.example.com/", Handler),
    ("https:api.example.com/", Handler),
    ("https:///api.example.com/", Handler),
    ("//api.example.com/", Deny),
    ("api.example.com", Deny),
    (" https://api.example.com/", Handler),
    ("ht\ntps://api.example.com/", Handler),
    ("https://api.exa\tmple.com/", Handler),
    ("https://api.example.com/\n", Handler),
    ("https://api.ex%61mple.com/", Handler),
    ("https://api.example.com./", Handler),
    ("https://api..example.com/", Deny),
    ("https://api.example.com:/", Handler),
    ("https://api.example.com:99999/", Handler),
    ("https://api.example.com:+443/", Handler),
    ("https://\u{430}pi.example.com/", Deny),
    ("https://api.example\u{3002}com/", Deny),
    ("https://api.ex\u{ff41}mple.com/", Deny),
    ("https://b\u{fc}cher.example/", Deny),
    ("https://xn--pi-7kc.example.com/", Handler),
    ("ftp://api.example.com/", Deny),
    ("file:///etc/passwd", Deny),
    ("javascript:alert(1)", Deny),
    ("data:text/html,x", Deny),
    ("http://127.0.0.1/", Handler),
    ("http://127.1:8080/", Handler),
    ("http://2130706433:8080/", Handler),
    ("http://0x7f.0.0.1:8080/", Handler),
    ("http://0177.0.0.1:8080/", Handler),
    ("http://127.0.0.1.:8080/", Handler),
    ("http://[::1/", Deny),
    ("http://[::1%25lo]:3000/", Deny),
    ("http://[::ffff:127.0.0.1]:8080/", Allow),
    ("", Deny),
    ("https://", Deny),
    ("https://evil.example/", Deny),
    ("https://evil.example:8443/", Deny),
    ("https://EVIL.example./", Deny),
    ("https://a.evil.example/", Deny),
    ("https://api.example.com@evil.example/", Deny),
    ("https://api.example.com\\.evil.example", Handler),
    ("https://evil.example\\@api.example.com/", Deny),
    ("https://ev%69l.example/", Deny),
    ("https:evil.example", Deny),
    ("ht\ttps://ev\nil.example/", Deny),
    ("https://notevil.example/", Handler),
    ("http://10.0.0.1/", Deny),
    ("http://10.1/", Deny),
    ("http://167772161/", Deny),
    ("http://0xa000001/", Deny),
    ("http://012.0.0.1/", Deny),
    ("http://[::ffff:10.0.0.1]/", Deny),
    ("http://256.0.0.1/", Deny),
];

#[test]
fn a_host_is_the_one_that_every_parser_finds() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "host": "evil.example" }, { "host": "*.evil.example" }, { "kind": "url", "host": "10.0.0.1" }],
        "allow": [
            { "host": "api.example.com" }, { "host": "*.Example.org" }, { "host": "127.0.0.1:8080" },
            { "host": "[::1]:*" }, { "host": "xn--bcher-kva.example" },
        ],
    }));
    for (url, wanted) in URLS {
        check(&policy, json!({ "kind": "url", "url": url }), *wanted);
    }
    check(&policy, json!({ "kind": "url" }), Deny);
    // Without deny rules what is unclear is the handler's, also where every host is allowed.
    let policy = yard.policy(json!({ "allow": [{ "kind": "url" }] }));
    check(&policy, json!({ "kind": "url", "url": "https://anything.example/" }), Allow);
    for url in
        ["https://u:p@a.example/", "file:///etc/passwd", "https://a\\b/", "https://\u{430}.example/", ""]
    {
        check(&policy, json!({ "kind": "url", "url": url }), Handler);
    }
}

#[test]
fn tools_and_servers_are_named_whole() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [{ "kind": "mcp", "tool": "*delete*" }],
        "ask": [{ "kind": "mcp", "server": "db", "readOnly": false }],
        "allow": [
            { "server": "db" }, { "kind": "mcp", "server": "files", "tool": "read_*" },
            { "kind": "mcp", "server": "web", "readOnly": true }, { "tool": "add" }, { "kind": "memory" },
        ],
    }));
    let mcp = |server: &str, tool: &str, read_only: Value| json!({ "kind": "mcp", "serverName": server, "toolName": tool, "readOnly": read_only });
    let tool = |kind: &str, tool: &str| json!({ "kind": kind, "toolName": tool });
    for (request, wanted) in [
        (mcp("db", "query", json!(true)), Allow),
        (mcp("db", "query", json!(false)), Ask),
        (mcp("db", "query", json!("true")), Ask),
        (mcp("db", "undelete_x", json!(true)), Deny),
        (mcp("dbx", "query", json!(true)), Handler),
        (mcp("DB", "query", json!(true)), Handler),
        (mcp("", "query", json!(true)), Handler),
        (mcp("files", "read_file", json!(false)), Allow),
        (mcp("files", "unread_file", json!(false)), Handler),
        (mcp("files", "write_file", json!(true)), Handler),
        (mcp("web", "get", json!(true)), Allow),
        (mcp("web", "get", json!(null)), Handler),
        (mcp("other", "add", json!(false)), Allow),
        (json!({ "kind": "mcp", "toolName": "add" }), Ask),
        (json!({ "kind": "mcp", "serverName": "db" }), Deny),
        (tool("custom-tool", "add"), Allow),
        (tool("custom-tool", "address"), Handler),
        (tool("custom-tool", "ad"), Handler),
        (tool("custom-tool", ""), Handler),
        (tool("hook", "add"), Handler),
        (json!({ "kind": "memory", "fact": "f" }), Allow),
        (json!({ "kind": "extension-management", "operation": "install" }), Handler),
        (json!({ "kind": "telepathy" }), Handler),
    ] {
        check(&policy, request, wanted);
    }
}

#[test]
fn deny_goes_before_ask_before_allow() {
    let yard = Yard::new();
    let all = json!([{ "command": "ls" }]);
    check(&yard.policy(json!({ "deny": all, "ask": all, "allow": all })), shell("ls"), Deny);
    check(&yard.policy(json!({ "ask": all, "allow": all })), shell("ls"), Ask);
    check(&yard.policy(json!({ "allow": all })), shell("ls"), Allow);
    check(&yard.policy(json!({})), shell("ls"), Handler);
}
