use super::*;

/// Under the rules: git status, git log, cd, ls, cat, "cargo test" exactly.
#[rustfmt::skip]
const COMMANDS: &[(&str, Comes)] = &[
    ("git status", Allow),
    ("git status --short", Allow),
    ("  git   status  ", Allow),
    ("git log --oneline -5 HEAD~2", Allow),
    ("git log main..HEAD^^ -- 'a b' \"c d\"", Allow),
    ("git 'status'", Allow),
    ("git status 'x; touch y'", Allow),
    ("git status && ls -la", Allow),
    ("git status; ls", Allow),
    ("git status || ls", Allow),
    ("git status | cat", Allow),
    ("git status\nls", Allow),
    ("git status;", Allow),
    ("git status\n", Allow),
    ("cd sub && git status", Allow),
    ("ls 'ünicode' --format=%H", Allow),
    ("cargo test", Allow),
    ("cargo test --release", Handler),
    ("cargo test && cargo build", Handler),
    // Chained.
    ("git status && touch x", Handler),
    ("touch x && git status", Handler),
    ("git status; touch x", Handler),
    ("git status;touch x", Handler),
    ("git status || touch x", Handler),
    ("git status | touch x", Handler),
    ("git status |& cat", Handler),
    ("git status & touch x", Handler),
    ("git status & ls", Handler),
    ("git status &", Handler),
    ("git status\ntouch x", Handler),
    ("git status\r\ntouch x", Handler),
    ("git status\rtouch x", Handler),
    ("git status;\ntouch x", Handler),
    ("git status &&\ntouch x", Handler),
    ("git status &&", Handler),
    ("&& git status", Handler),
    ("git status ;; ls", Handler),
    ("git status ; ; ls", Handler),
    // Substituted and expanded.
    ("git status $(touch x)", Handler),
    ("git status `touch x`", Handler),
    ("git status \"$(touch x)\"", Handler),
    ("git status \"`touch x`\"", Handler),
    ("git status <(touch x)", Handler),
    ("git status >(touch x)", Handler),
    ("git status ${x:-$(touch y)}", Handler),
    ("git status $X", Handler),
    ("git status \"$X\"", Handler),
    ("git status $((1))", Handler),
    ("git $'status'", Handler),
    ("git $\"status\"", Handler),
    ("git {status,log}", Handler),
    ("git sta*", Handler),
    ("ls ?", Handler),
    ("ls [a]", Handler),
    ("ls ~root", Handler),
    ("ls -I~/x", Allow),
    ("ls --x=~/y", Handler),
    ("ls a:~/y", Handler),
    ("cat !!", Handler),
    ("cat \"!!\"", Handler),
    ("^git^touch", Handler),
    ("%1", Handler),
    ("=ls", Handler),
    // Redirected.
    ("git status > x", Handler),
    ("git status>x", Handler),
    ("git status >> x", Handler),
    ("git status 2> x", Handler),
    ("git status 2>&1", Handler),
    ("git status &> x", Handler),
    ("git status >| x", Handler),
    ("git status <> x", Handler),
    ("git status < in.txt", Handler),
    ("cat <<EOF\nx\nEOF", Handler),
    ("cat <<< x", Handler),
    ("git status >/dev/null", Handler),
    // Quoted and joined.
    ("git \\\nstatus", Handler),
    ("gi\\t status", Handler),
    ("\\git status", Handler),
    ("'git' status", Handler),
    ("\"git\" status", Handler),
    ("g''it status", Handler),
    ("git 'status", Handler),
    ("git \"status", Handler),
    ("git 'a\ntouch x'", Handler),
    ("git\u{a0}status", Handler),
    ("git\u{3000}status", Handler),
    ("git\u{2028}status", Handler),
    ("git\tstatus", Handler),
    ("git\u{b}status", Handler),
    ("git\u{c}status", Handler),
    ("git status\u{0}touch x", Handler),
    ("git status 'x\u{3}touch y'", Handler),
    ("git status 'x\u{1b}[A'", Handler),
    ("git status 'x\u{9b}A'", Handler),
    ("git status 'x\u{7f}'", Handler),
    // The environment, and words that run others.
    ("FOO=1 git status", Handler),
    ("PATH=sub git status", Handler),
    ("GIT_PAGER=touch git log", Handler),
    ("a=1", Handler),
    ("a+=1 git status", Handler),
    ("env git status", Handler),
    ("sudo git status", Handler),
    ("time git status", Handler),
    ("! git status", Handler),
    ("command git status", Handler),
    ("exec git status", Handler),
    ("eval 'git status'", Handler),
    ("bash -c 'git status'", Handler),
    ("nohup git status", Handler),
    ("coproc git status", Handler),
    ("xargs git status", Handler),
    ("cat in.txt | xargs touch", Handler),
    ("find . -exec touch {} +", Handler),
    ("if ls; then touch x; fi", Handler),
    ("while ls; do touch x; done", Handler),
    ("for f in a; do ls; done", Handler),
    ("(git status)", Handler),
    ("{ git status; }", Handler),
    ("git() { touch x; }; git status", Handler),
    ("function git { touch x; }", Handler),
    ("alias ls=touch; ls x", Handler),
    ("ls # touch x", Handler),
    ("# git status", Handler),
    ("[[ -f x ]]", Handler),
    // Other commands that look like the allowed.
    ("gitx status", Handler),
    ("git statusx", Handler),
    ("git-status", Handler),
    ("git", Handler),
    ("Git status", Handler),
    ("git -C / status", Handler),
    ("git -c core.pager=touch log", Handler),
    ("./git status", Handler),
    ("/usr/bin/git status", Handler),
    ("sub/../git status", Handler),
    ("git status.sh", Handler),
    ("g\u{456}t status", Handler),
    ("git stat\u{200b}us", Handler),
    ("", Handler),
    (" ", Handler),
    (";", Handler),
];

#[test]
fn a_shell_command_is_allowed_only_when_all_of_it_is() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [
        { "command": "git status" },
        { "kind": "shell", "command": ["git", "log"] },
        { "command": "cd" }, { "command": "ls" }, { "command": "cat" },
        { "command": "cargo test", "exact": true },
    ] }));
    for (command, wanted) in COMMANDS {
        check(&policy, shell(command), *wanted);
    }
    check(&policy, shell(&format!("ls {}", "a ".repeat(40_000))), Handler);
}

#[test]
fn the_server_must_have_read_the_command_alike() {
    let yard = Yard::new();
    let policy = yard.policy(json!({ "allow": [{ "command": "ls" }] }));
    let with = |member: &str, value: Value| {
        let mut request = shell("ls a && ls b");
        request[member] = value;
        request
    };
    let of = |texts: &[&str]| {
        json!(texts.iter().map(|t| json!({ "identifier": "ls", "fullCommandText": t })).collect::<Vec<_>>())
    };
    let named = |names: &[&str]| {
        json!(names.iter().map(|n| json!({ "identifier": n, "readOnly": false })).collect::<Vec<_>>())
    };
    for (member, value, wanted) in [
        ("commandSegments", of(&["ls a", "ls b"]), Allow),
        ("commandSegments", Value::Null, Allow),
        ("commandSegments", of(&["ls a"]), Handler),
        ("commandSegments", of(&["ls a", "ls b", "touch x"]), Handler),
        ("commandSegments", of(&["ls a", "ls c"]), Handler),
        ("commandSegments", json!([]), Handler),
        ("commandSegments", json!("ls"), Handler),
        ("commands", named(&["ls", "ls"]), Allow),
        ("commands", named(&["ls"]), Handler),
        ("commands", named(&["ls", "ls", "touch"]), Handler),
        ("commands", json!([]), Handler),
        ("commands", json!(null), Handler),
        ("commands", json!("ls"), Handler),
        ("hasWriteFileRedirection", json!(true), Ask),
        ("hasWriteFileRedirection", json!("no"), Ask),
        ("managedApprovalRequired", json!(true), Ask),
        ("managedApprovalRequired", json!(1), Ask),
        ("managedApprovalRequired", json!(false), Allow),
        ("requestSandboxBypass", json!(true), Ask),
        ("requestSandboxBypass", json!(false), Allow),
        ("requestSandboxPermissive", json!(true), Ask),
        ("sandboxPathGrant", json!({}), Ask),
        ("warning", json!("careful"), Ask),
        ("shellType", json!("powershell"), Ask),
        ("shellType", json!("bash"), Allow),
        ("fullCommandText", json!(["ls"]), Handler),
        ("fullCommandText", json!(null), Handler),
        ("kind", json!("Shell"), Handler),
        ("kind", json!("bash"), Handler),
        ("kind", json!(null), Handler),
    ] {
        check(&policy, with(member, value), wanted);
    }
    for params in
        ["", "null", "[]", "{}", r#"{"permissionRequest":null}"#, r#"{"permissionRequest":"shell"}"#]
    {
        assert_eq!(policy.judge(params), None, "{params}");
    }
    let twice = r#"{"permissionRequest":{"kind":"write","fullCommandText":"rm x","commands":[{"identifier":"ls"}],
        "fullCommandText":"ls","kind":"shell"}}"#;
    assert_eq!(policy.judge(twice).unwrap().decision, Decision::Ask);
    let managed = json!({ "managedApprovalRequired": true, "permissionRequest": shell("ls") }).to_string();
    assert_eq!(policy.judge(&managed).unwrap().decision, Decision::Ask);
}

/// Under the rules: deny rm, "git push", "shutdown" exactly, ~/.ssh and evil.example; ask about curl; allow ls, echo
/// and curl.
#[rustfmt::skip]
const DENIED: &[(&str, Comes)] = &[
    ("ls", Allow),
    ("echo rmdir", Allow),
    ("rm x", Deny),
    ("ls && rm x", Deny),
    ("ls; (rm x)", Deny),
    ("/bin/rm x", Deny),
    ("\\rm x", Deny),
    ("r\\m x", Deny),
    ("'rm' x", Deny),
    ("r''m x", Deny),
    ("r\\\nm x", Deny),
    ("sudo rm x", Deny),
    ("env A=1 rm x", Deny),
    ("A=1 rm x", Deny),
    ("find . -exec rm {} +", Deny),
    ("find . | xargs rm", Deny),
    ("bash -c 'rm x'", Deny),
    ("bash -c 'ls;rm x'", Deny),
    ("echo $(rm x)", Deny),
    ("echo `rm x`", Deny),
    ("echo \"$(rm x)\"", Deny),
    ("cat <(rm x)", Deny),
    ("ls\nrm x", Deny),
    ("ls\r\nrm x", Deny),
    ("ls\trm", Deny),
    ("ls&rm x", Deny),
    ("{ rm x; }", Deny),
    ("{rm,-rf,x}", Deny),
    ("watch --exec=rm x", Deny),
    ("if ls; then rm x; fi", Deny),
    ("git push", Deny),
    ("git -C sub push --force", Deny),
    ("git -c a=b push", Deny),
    ("git pull", Handler),
    ("shutdown", Deny),
    ("shutdown -h now", Handler),
    ("cat ~/.ssh/id", Deny),
    ("cat $HOME/.ssh/id", Deny),
    ("cat \"${HOME}/.ssh/id\"", Deny),
    ("cat ../home/.ssh/id", Deny),
    ("cat sub/../../home/.ssh/id", Deny),
    ("cat YARD/home/.ssh/id", Deny),
    ("dd if=YARD/home/.ssh/id", Deny),
    ("cat <YARD/home/.ssh/id", Deny),
    ("cat ~/.ssh/*", Deny),
    ("bash -c 'cat YARD/home/.ssh/id'", Deny),
    ("curl https://example.com/", Ask),
    ("ls && curl https://example.com/", Ask),
    ("curl https://evil.example/", Deny),
    ("curl evil.example/x", Deny),
    ("curl HTTPS://EVIL.EXAMPLE:8443", Deny),
    ("ls 'ftp://u:p@evil.example./'", Deny),
    ("ssh me@evil.example", Deny),
    ("git clone git@evil.example:a/b", Deny),
    ("curl --url=evil.example", Deny),
];

#[test]
fn a_shell_command_is_denied_as_soon_as_part_of_it_may_be() {
    let yard = Yard::new();
    let policy = yard.policy(json!({
        "deny": [
            { "command": "rm" }, { "command": "git push" }, { "command": "shutdown", "exact": true },
            { "path": "~/.ssh/**" }, { "host": "evil.example" },
        ],
        "ask": [{ "command": "curl" }],
        "allow": [{ "command": "ls" }, { "command": "echo" }, { "command": "curl" }],
    }));
    for (command, wanted) in DENIED {
        check(&policy, shell(&command.replace("YARD", yard.root.to_str().unwrap())), *wanted);
    }
    let mut found_by_the_server = shell("ls");
    found_by_the_server["possiblePaths"] = json!([yard.filled("$/home/.ssh")]);
    check(&policy, found_by_the_server, Deny);
    let mut found_by_the_server = shell("ls");
    found_by_the_server["possibleUrls"] = json!([{ "url": "http://evil.example/" }]);
    check(&policy, found_by_the_server, Deny);
    check(&policy, json!({ "kind": "shell" }), Deny);
}
