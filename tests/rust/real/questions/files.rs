//! A session whose files the program keeps in memory.

use std::collections::BTreeMap;

use copilot::Result;
use parking_lot::Mutex;

use super::*;

/// Files by path; a folder has no text.
type Files = Arc<Mutex<BTreeMap<String, Option<String>>>>;

fn answer(files: &Files, request: &Request) -> Result<()> {
    let path = |pointer: &str| request.params().string(pointer).unwrap_or_default().into_owned();
    let name = path("/path");
    let mut files = files.lock();
    let missing = || Answer::Fail(format!("ENOENT: {name}").into());
    let json = |value: Value| Answer::Respond(value.to_string().into());
    let children = |files: &BTreeMap<String, Option<String>>| -> Vec<(String, bool)> {
        let inside = format!("{name}/");
        let below =
            files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&inside)?, text.is_some())));
        below
            .filter(|(rest, _)| !rest.contains('/'))
            .map(|(rest, is_file)| (rest.to_owned(), is_file))
            .collect()
    };
    let method = request.method().to_str().unwrap().trim_start_matches("sessionFs.").to_owned();
    request.answer(match method.as_str() {
        "readFile" => match files.get(&name) {
            Some(Some(text)) => json(json!({ "content": text })),
            _ => missing(),
        },
        "writeFile" => {
            files.insert(name, Some(path("/content")));
            json(json!(null))
        }
        "appendFile" => {
            let text = files.entry(name).or_default().get_or_insert_default();
            text.push_str(&path("/content"));
            json(json!(null))
        }
        "exists" => json(json!({ "exists": files.contains_key(&name) })),
        "stat" => match files.get(&name) {
            Some(text) => json(json!({
                "isFile": text.is_some(), "isDirectory": text.is_none(),
                "size": text.as_deref().unwrap_or_default().len(),
                "mtime": "2026-01-01T00:00:00.000Z", "birthtime": "2026-01-01T00:00:00.000Z",
            })),
            None => missing(),
        },
        "mkdir" => {
            let mut made = String::new();
            for part in name.split('/').filter(|part| !part.is_empty()) {
                made = format!("{made}/{part}");
                files.entry(made.clone()).or_insert(None);
            }
            json(json!(null))
        }
        "readdir" => {
            let names: Vec<_> = children(&files).into_iter().map(|(name, _)| name).collect();
            json(json!({ "entries": names }))
        }
        "readdirWithTypes" => {
            let kind = |is_file| if is_file { "file" } else { "directory" };
            let entries: Vec<_> = children(&files)
                .into_iter()
                .map(|(name, is_file)| json!({ "name": name, "type": kind(is_file) }))
                .collect();
            json(json!({ "entries": entries }))
        }
        "rm" => {
            files.retain(|path, _| *path != name && !path.starts_with(&format!("{name}/")));
            json(json!(null))
        }
        "rename" => {
            let (from, to) = (path("/src"), path("/dest"));
            match files.remove(&from) {
                Some(text) => {
                    files.insert(to, text);
                    json(json!(null))
                }
                None => Answer::Fail(format!("ENOENT: {from}").into()),
            }
        }
        other => Answer::Fail(format!("{other} is not there").into()),
    })
}

#[test]
fn a_whole_session_lives_in_memory() {
    let given = json!({ "sessionFs": { "initialCwd": "/work", "sessionStatePath": "/state" } });
    on_each_with(&given, NEW, |bed| {
        for of_session in [true, false] {
            let files = Files::default();
            files.lock().insert("/".into(), None);
            files.lock().insert("/work".into(), None);
            let kept = Arc::clone(&files);
            let keep = move |request: &Request| answer(&kept, request).unwrap();
            let mut options = bed.options("files", json!([{ "text": "first" }, { "text": "second" }]));
            options.as_object_mut().unwrap().remove("workingDirectory");
            let setup = Setup::new(options.clone());
            let setup = match of_session {
                true => setup.method("sessionFs.*", keep),
                false => {
                    bed.on("sessionFs.*", keep);
                    setup
                }
            };
            let session = setup.create(&bed.client).unwrap();
            assert_eq!(bed.ask(&session), "first");
            let id = session.core().id().to_str().unwrap().to_owned();
            on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
            drop(session);
            let written: Vec<_> =
                files.lock().keys().filter(|path| path.starts_with("/state")).cloned().collect();
            assert!(written.iter().any(|path| path.ends_with("events.jsonl")), "{written:?}");
            // What was written can be read: the session opens again with its history.
            let session = setup.resume(&bed.client, &id).unwrap();
            assert_eq!(bed.ask(&session), "second");
            assert!(bed.told("files").contains("first"));
            on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
        }
    });
}
