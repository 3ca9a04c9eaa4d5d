use super::naming::edits;
use super::*;
use crate::error::Code;

static INNER: Table =
    Table { what: "", keys: &[key("workingDirectory", Wants::Text).wire("cwd")], open: true, index: None };
static DEEP: Table =
    Table { what: "", keys: &[key("entries", Wants::List(&Wants::Shape(&INNER)))], open: false, index: None };
static FILLED: Table = Table {
    what: "",
    keys: &[
        key("path", Wants::Text),
        key("text", Wants::Text).otherwise(Otherwise::Json("\"\"")),
        key("file", Wants::Text).otherwise(Otherwise::FileNameOf("path")),
    ],
    open: false,
    index: None,
};
static KINDS: [Table; 2] = [
    Table { what: "a", keys: &[key("type", Wants::Text)], open: false, index: None },
    Table { what: "b", keys: &[key("type", Wants::Text)], open: true, index: None },
];
static TABLE: Table = Table {
    what: "the options",
    keys: &[
        key("cliPath", Wants::Path),
        key("gitHubToken", Wants::Text),
        key("mcpOAuthTokenStorage", Wants::Text),
        key("cliArgs", Wants::List(&Wants::Argument)),
        key("env", Wants::Map(&Wants::Maybe(&Wants::Argument))),
        key("level", Wants::Word(&["none", "all"])),
        key("flag", Wants::Flag),
        key("threads", Wants::Integer(1, 16)),
        key("wait", Wants::Integer(0, i64::MAX)),
        key("share", Wants::Number),
        key("object", Wants::Object),
        key("name", Wants::Name),
        key("any", Wants::Any),
        key("shape", Wants::Shape(&INNER)),
        key("servers", Wants::Map(&Wants::Shape(&INNER))),
        key("entries", Wants::List(&Wants::Shape(&INNER))),
        key("deep", Wants::Map(&Wants::Shape(&DEEP))),
        key("filled", Wants::Shape(&FILLED)),
        key("kinds", Wants::Kinds(&KINDS)),
        key("reset", Wants::Maybe(&Wants::Text)),
        key("absolute", Wants::Absolute),
        key("configDirectory", Wants::Text).wire("configDir"),
        key("never", Wants::Any).on(Part::Never("the library decides")),
    ],
    open: false,
    index: None,
};

fn refused(json: &str) -> String {
    let error = check(json, &TABLE).err().unwrap_or_else(|| panic!("accepted {json}"));
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    error
        .message()
        .strip_prefix("the options")
        .expect("names the object")
        .trim_start_matches(": ")
        .to_string()
}

#[test]
fn names_the_place_and_the_problem_of_every_type() {
    for (json, message) in [
        ("[]", " must be an object, but is an array"),
        (r#"{"cliPath":1}"#, "/cliPath must be a string, but is a number"),
        (r#"{"cliPath":""}"#, "/cliPath must not be empty; leave it out instead"),
        (r#"{"cliPath":"a\u0000"}"#, "/cliPath must not contain a NUL character"),
        (r#"{"name":""}"#, "/name must not be empty; leave it out instead"),
        (r#"{"name":[]}"#, "/name must be a string, but is an array"),
        (r#"{"cliArgs":"x"}"#, "/cliArgs must be an array, but is a string"),
        (r#"{"cliArgs":["x",true]}"#, "/cliArgs/1 must be a string, but is a boolean"),
        (r#"{"cliArgs":[null]}"#, "/cliArgs/0 must be a string, but is null"),
        (r#"{"env":[]}"#, "/env must be an object, but is an array"),
        (r#"{"env":{"a/b~":7}}"#, "/env/a~1b~0 must be a string, but is a number"),
        (r#"{"level":"loud"}"#, r#"/level must be one of "none", "all", but is "loud""#),
        (r#"{"level":3}"#, r#"/level must be one of "none", "all", but is a number"#),
        (r#"{"flag":"true"}"#, "/flag must be true or false, but is a string"),
        (r#"{"threads":17}"#, "/threads must be a whole number from 1 to 16, but is 17"),
        (r#"{"threads":1.5}"#, "/threads must be a whole number from 1 to 16, but is 1.5"),
        (r#"{"threads":"1"}"#, "/threads must be a whole number from 1 to 16, but is a string"),
        (r#"{"wait":-1}"#, "/wait must be a whole number from 0 on, but is -1"),
        (
            r#"{"wait":99999999999999999999}"#,
            "/wait must be a whole number from 0 on, but is 99999999999999999999",
        ),
        (r#"{"share":"1"}"#, "/share must be a number, but is a string"),
        (r#"{"object":[]}"#, "/object must be an object, but is an array"),
        (r#"{"shape":{"cwd":1}}"#, "/shape/cwd must be a string, but is a number"),
        (r#"{"servers":{"s":1}}"#, "/servers/s must be an object, but is a number"),
        (r#"{"entries":[{},{"cwd":[]}]}"#, "/entries/1/cwd must be a string, but is an array"),
        (r#"{"never":1}"#, "/never may not be given: the library decides"),
        (r#"{"flag":true,"flag":true}"#, r#"/flag gives "flag" a second time; give it once"#),
        (r#"{"cliPath":"a","cli_path":"b"}"#, r#"/cli_path gives "cliPath" a second time; give it once"#),
        (
            r#"{"configDir":"a","configDirectory":"b"}"#,
            r#"/configDirectory gives "configDirectory" a second time; give it once"#,
        ),
    ] {
        assert_eq!(refused(json), message);
    }
    assert_eq!(check("{", &TABLE).err().unwrap().code(), Code::InvalidJson);
}

#[test]
fn suggests_what_was_meant() {
    for (name, near) in [
        ("cliPth", Some("cliPath")),
        ("clipath", Some("cliPath")),
        ("CLI-PATH", Some("cliPath")),
        ("git_hub_token", Some("gitHubToken")),
        ("githubToken", Some("gitHubToken")),
        ("fla", Some("flag")),
        ("thread", Some("threads")),
        ("x", None),
        ("", None),
        ("nothingAtAll", None),
    ] {
        let expected = match near {
            Some(near) => format!("/{name} is not a known key; did you mean \"{near}\"?"),
            None => format!("/{name} is not a known key"),
        };
        assert_eq!(refused(&format!("{{\"{name}\":1}}")), expected);
    }
}

#[test]
fn measures_edits() {
    for (a, b, distance) in [
        ("abc", "abc", 0),
        ("abc", "abd", 1),
        ("abc", "ab", 1),
        ("abc", "acb", 2),
        ("", "ab", 2),
        ("a", "abcd", 3),
    ] {
        assert_eq!(edits(a, b), distance, "{a} {b}");
        assert_eq!(edits(b, a), distance, "{b} {a}");
    }
}

#[test]
fn takes_every_type_and_both_spellings() {
    let json = r#"{ "cli_path":"c", "github_token":"t", "mcp_oauth_token_storage":"m", "cliArgs":["a",""],
        "env":{"A":"b","B":null}, "level":"all", "flag":false, "threads":2.0, "wait":9223372036854775807,
        "share":0.5, "object":{"x":1}, "name":"n", "any":[1,{"b":1,"a":2}], "configDir":"d", "never":null }"#;
    let given = check(json, &TABLE).unwrap();
    assert_eq!(given.text("cliPath").as_deref(), Some("c"));
    assert_eq!(given.text("gitHubToken").as_deref(), Some("t"));
    assert_eq!(given.texts("cliArgs").unwrap(), ["a", ""]);
    assert_eq!(given.flag("flag"), Some(false));
    assert_eq!((given.integer("threads"), given.integer("wait")), (Some(2), Some(i64::MAX)));
    assert_eq!(given.raw("any"), Some(r#"[1,{"b":1,"a":2}]"#));
    assert_eq!(given.text("configDirectory").as_deref(), Some("d"));
    assert_eq!(given.raw("never"), None);
}

#[test]
fn null_is_unset_and_inner_objects_take_both_spellings() {
    assert!(check(r#"{"cliPath":null,"env":null,"shape":null}"#, &TABLE).unwrap().keys.is_empty());
    for (json, sent) in [
        (r#"{"shape":{"working_directory":"w","new":1}}"#, r#"{"shape":{"cwd":"w","new":1}}"#),
        (r#"{"shape":{"new":null,"cwd":null}}"#, r#"{"shape":{"new":null}}"#),
        (r#"{"config_dir":"d"}"#, r#"{"configDir":"d"}"#),
        (r#"{"config_directory":"d"}"#, r#"{"configDir":"d"}"#),
        (
            r#"{"deep":{"a":{"entries":[{"working_directory":"w"}]}}}"#,
            r#"{"deep":{"a":{"entries":[{"cwd":"w"}]}}}"#,
        ),
        (r#"{"filled":{}}"#, r#"{"filled":{"text":"","file":""}}"#),
        (r#"{"filled":{"text":"t","path":"/a/b"}}"#, r#"{"filled":{"text":"t","path":"/a/b","file":"b"}}"#),
        (r#"{"kinds":{"type":"b","x":1}}"#, r#"{"kinds":{"type":"b","x":1}}"#),
        (r#"{"reset":null}"#, r#"{"reset":null}"#),
    ] {
        let text = check(json, &TABLE).unwrap().wire_object(|_| true, ObjectText::new()).finish();
        assert_eq!(text, sent);
    }
    for (json, message) in [
        (
            r#"{"shape":{"working_directory":1}}"#,
            "/shape/working_directory must be a string, but is a number",
        ),
        (
            r#"{"shape":{"working_directory":"a","cwd":"b"}}"#,
            r#"/shape/cwd gives "workingDirectory" a second time; give it once"#,
        ),
        (r#"{"kinds":{"type":"c"}}"#, r#"/kinds/type must be one of "a", "b", but is "c""#),
        (r#"{"kinds":{"type":"a","x":1}}"#, "/kinds/x is not a known key"),
        (r#"{"kinds":{}}"#, "/kinds/type is missing"),
        (
            r#"{"absolute":"a"}"#,
            "/absolute must be an absolute path: the CLI takes another one from where it was itself started",
        ),
        (
            r#"{"servers":[]}"#,
            r#"/servers must be an object, but is an array; write {"<name>":{...}} in place of [{"name":"<name>",...}]"#,
        ),
    ] {
        assert_eq!(refused(json), message);
    }
}

#[test]
fn sends_the_wires_spelling_and_leaves_the_rest_as_it_was() {
    let json = r#"{"configDirectory":"d","shape":{ "z":1, "workingDirectory":"w" },"any":{ "workingDirectory":1 },
        "servers":{"a":{"workingDirectory":"w"},"b":{ "cwd":"c" }},"entries":[{ "k":1 },{"workingDirectory":"w"}]}"#;
    let text = check(json, &TABLE).unwrap().wire_object(|_| true, ObjectText::new()).finish();
    assert_eq!(
        text,
        concat!(
            r#"{"configDir":"d","shape":{"cwd":"w","z":1},"any":{ "workingDirectory":1 },"#,
            r#""servers":{"a":{"cwd":"w"},"b":{ "cwd":"c" }},"entries":[{ "k":1 },{"cwd":"w"}]}"#
        )
    );
    let unchanged = r#"{"shape":{ "cwd" : "w" },"servers":{ },"entries":[ ]}"#;
    let text = check(unchanged, &TABLE).unwrap().wire_object(|_| true, ObjectText::new()).finish();
    assert_eq!(text, unchanged);
}
