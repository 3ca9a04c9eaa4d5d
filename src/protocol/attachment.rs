//! What can be attached to a message, one table for each type. The server takes any shape without a word, and leaves
//! out what it cannot use.

use super::keys::{Key, Otherwise, Table, Wants, key};

const COUNT: Wants = Wants::Integer(0, i64::MAX);

const fn closed(what: &'static str, keys: &'static [Key]) -> Table {
    Table { what, keys, open: false, index: None }
}

/// Open: what GitHub and extensions have to say grows with the server.
const fn open(what: &'static str, keys: &'static [Key]) -> Table {
    Table { what, keys, open: true, index: None }
}

const TYPE: Key = key("type", Wants::Name).required();
const URL: Key = key("url", Wants::Name).required();
const REPO: Key = key("repo", Wants::Object).required();
const REF: Key = key("ref", Wants::Text).required();
const PATH_IN_REPO: Key = key("path", Wants::Name).required();

pub(super) static ATTACHMENTS: [Table; 15] = [
    closed(
        "file",
        &[
            TYPE,
            key("path", Wants::Absolute).required(),
            key("displayName", Wants::Text).otherwise(Otherwise::FileNameOf("path")),
            key("lineRange", Wants::Shape(&LINE_RANGE)),
        ],
    ),
    closed(
        "directory",
        &[
            TYPE,
            key("path", Wants::Absolute).required(),
            key("displayName", Wants::Text).otherwise(Otherwise::FileNameOf("path")),
        ],
    ),
    closed(
        "selection",
        &[
            TYPE,
            key("filePath", Wants::Name).required(),
            key("text", Wants::Text).required(),
            key("displayName", Wants::Text).otherwise(Otherwise::FileNameOf("filePath")),
            key("selection", Wants::Shape(&SELECTION)).required(),
        ],
    ),
    closed(
        "blob",
        &[
            TYPE,
            key("data", Wants::Text).required(),
            key("mimeType", Wants::Name).required(),
            key("displayName", Wants::Text).otherwise(Otherwise::Json("\"attachment\"")),
        ],
    ),
    open(
        "extension_context",
        &[
            TYPE,
            key("extensionId", Wants::Name).required(),
            key("title", Wants::Text).required(),
            key("capturedAt", Wants::Text).required(),
            key("canvasId", Wants::Text),
            key("instanceId", Wants::Text),
        ],
    ),
    open(
        "github_reference",
        &[
            TYPE,
            URL,
            key("number", COUNT).required(),
            key("title", Wants::Text).required(),
            key("referenceType", Wants::Text).required(),
            key("state", Wants::Text).required(),
        ],
    ),
    open(
        "github_commit",
        &[TYPE, URL, REPO, key("message", Wants::Text).required(), key("oid", Wants::Name).required()],
    ),
    open(
        "github_release",
        &[TYPE, URL, REPO, key("name", Wants::Text).required(), key("tagName", Wants::Text).required()],
    ),
    open(
        "github_actions_job",
        &[
            TYPE,
            URL,
            REPO,
            key("jobId", COUNT).required(),
            key("jobName", Wants::Text).required(),
            key("workflowName", Wants::Text).required(),
            key("conclusion", Wants::Text),
        ],
    ),
    open("github_repository", &[TYPE, URL, REPO, key("ref", Wants::Text), key("description", Wants::Text)]),
    open("github_file_diff", &[TYPE, URL, key("base", Wants::Object), key("head", Wants::Object)]),
    open(
        "github_tree_comparison",
        &[TYPE, URL, key("base", Wants::Object).required(), key("head", Wants::Object).required()],
    ),
    open("github_url", &[TYPE, URL]),
    open("github_file", &[TYPE, URL, REPO, REF, PATH_IN_REPO]),
    open(
        "github_snippet",
        &[TYPE, URL, REPO, REF, PATH_IN_REPO, key("lineRange", Wants::Shape(&LINE_RANGE)).required()],
    ),
];

static LINE_RANGE: Table =
    closed("lineRange", &[key("start", COUNT).required(), key("end", COUNT).required()]);

static SELECTION: Table = closed(
    "selection",
    &[key("start", Wants::Shape(&POSITION)).required(), key("end", Wants::Shape(&POSITION)).required()],
);

static POSITION: Table =
    closed("position", &[key("line", COUNT).required(), key("character", COUNT).required()]);

#[cfg(test)]
mod tests {
    use crate::protocol::message::Message;

    fn parse(attachment: &str) -> Result<Message, crate::Error> {
        Message::parse(&format!(r#"{{"prompt":"p","attachments":[{attachment}]}}"#))
    }

    #[track_caller]
    fn sent(attachment: &str) -> String {
        let text = parse(attachment).unwrap_or_else(|error| panic!("{attachment}: {error}")).encode("s");
        let text = text.strip_prefix(r#"{"sessionId":"s","prompt":"p","attachments":["#).unwrap();
        text.strip_suffix("]}").unwrap().to_owned()
    }

    #[test]
    fn a_missing_name_is_the_files() {
        for (given, expected) in [
            (
                r#"{"type":"file","path":"/a/b.txt"}"#,
                r#"{"type":"file","path":"/a/b.txt","displayName":"b.txt"}"#,
            ),
            (
                r#"{"type":"file","path":"C:\\a\\b.png","line_range":{"start":1,"end":2}}"#,
                r#"{"type":"file","path":"C:\\a\\b.png","lineRange":{"start":1,"end":2},"displayName":"b.png"}"#,
            ),
            (
                r#"{"type":"directory","path":"/a/b/"}"#,
                r#"{"type":"directory","path":"/a/b/","displayName":"b"}"#,
            ),
            (r#"{"type":"directory","path":"/"}"#, r#"{"type":"directory","path":"/","displayName":"/"}"#),
            (
                r#"{"type":"blob","data":"eA==","mime_type":"text/plain","display_name":null}"#,
                r#"{"type":"blob","data":"eA==","mimeType":"text/plain","displayName":"attachment"}"#,
            ),
            (
                r#"{"type":"selection","file_path":"src/x.rs","text":"t","selection":{"start":{"line":1,"character":0},"end":{"line":1,"character":3}}}"#,
                r#"{"type":"selection","filePath":"src/x.rs","text":"t","selection":{"start":{"line":1,"character":0},"end":{"line":1,"character":3}},"displayName":"x.rs"}"#,
            ),
        ] {
            assert_eq!(sent(given), expected);
        }
    }

    #[test]
    fn a_name_that_is_given_stays() {
        for given in [
            r#"{ "type":"file", "path":"/a/b.txt","displayName":"" }"#,
            r#"{"type":"blob","data":"eA==","mimeType":"image/png","displayName":"a picture"}"#,
        ] {
            assert_eq!(sent(given), given);
        }
        assert_eq!(
            sent(r#"{"type":"file","path":"/a/b.txt","display_name":"n"}"#),
            r#"{"type":"file","path":"/a/b.txt","displayName":"n"}"#
        );
    }

    #[test]
    fn every_type_of_github_and_extension_passes_with_what_is_new_in_it() {
        let repo = r#""repo":{"owner":"o","name":"n"}"#;
        for given in [
            r#""type":"extension_context","extensionId":"e","title":"t","capturedAt":"2026","payload":[1]"#
                .into(),
            r#""type":"github_reference","number":7,"title":"t","referenceType":"issue","state":"open""#
                .into(),
            format!(r#""type":"github_commit","message":"m","oid":"0",{repo}"#),
            format!(r#""type":"github_release","name":"n","tagName":"v1",{repo}"#),
            format!(r#""type":"github_actions_job","jobId":1,"jobName":"j","workflowName":"w",{repo}"#),
            format!(r#""type":"github_repository",{repo}"#),
            r#""type":"github_file_diff","head":{"path":"p"}"#.into(),
            r#""type":"github_tree_comparison","base":{},"head":{}"#.into(),
            r#""type":"github_url""#.into(),
            format!(r#""type":"github_file","path":"p","ref":"main",{repo}"#),
            format!(
                r#""type":"github_snippet","path":"p","ref":"main","lineRange":{{"start":1,"end":2}},{repo}"#
            ),
        ] {
            let given = format!(r#"{{{given},"url":"https://github.com","soon":true}}"#);
            assert_eq!(sent(&given), given);
        }
        let renamed =
            sent(r#"{"type":"github_release","name":"n","tag_name":"v","repo":{},"url":"u","soon":1}"#);
        assert_eq!(
            renamed,
            r#"{"type":"github_release","name":"n","tagName":"v","repo":{},"url":"u","soon":1}"#
        );
    }

    #[test]
    fn what_would_be_left_out_in_silence_is_refused() {
        for (given, message) in [
            ("7", "must be an object, but is a number"),
            ("{}", "/type is missing"),
            (r#"{"type":"files"}"#, "/type must be one of \"file\", \"directory\""),
            (r#"{"type":"file"}"#, "/path is missing"),
            (
                r#"{"type":"file","path":"b.txt"}"#,
                "/path must be an absolute path: the CLI takes another one from where it was itself started",
            ),
            (r#"{"type":"file","path":""}"#, "/path must not be empty"),
            (r#"{"type":"directory","path":"./x"}"#, "/path must be an absolute path"),
            (r#"{"type":"file","path":"/a","name":"x"}"#, "/name is not a known key"),
            (r#"{"type":"file","path":"/a","lineRange":{"start":1}}"#, "/lineRange/end is missing"),
            (r#"{"type":"blob","data":"x"}"#, "/mimeType is missing"),
            (r#"{"type":"blob","data":1,"mimeType":"m"}"#, "/data must be a string"),
            (r#"{"type":"selection","filePath":"a","text":"t"}"#, "/selection is missing"),
            (
                r#"{"type":"blob","data":"x","mimeType":"m","displayName":"a","display_name":"b"}"#,
                "/display_name gives \"displayName\" a second time; give it once",
            ),
            (r#"{"type":"github_url"}"#, "/url is missing"),
        ] {
            let error = parse(given).unwrap_err();
            assert!(error.message().starts_with("the message: /attachments/0"), "{error}");
            assert!(error.message().contains(message), "{given}: {error}");
        }
    }
}
