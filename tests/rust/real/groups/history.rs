//! The log of a session's events, and its history cut back.

use super::*;

#[test]
fn the_event_log_is_read_from_a_cursor_on() {
    on_each(NEW, |bed| {
        let session = bed.session("log", json!([{ "text": "one" }, { "text": "two" }]));
        assert_eq!(bed.ask(&session, "First"), "one");
        let cursor = bed.call(&session, "session.eventLog.tail", json!({}))["cursor"].clone();
        assert_eq!(bed.ask(&session, "Second"), "two");
        let page = bed.call(&session, "session.eventLog.read", json!({ "cursor": cursor, "max": 500 }));
        let events = page["events"].as_array().unwrap();
        let prompts: Vec<_> = events.iter().filter(|event| event["type"] == "user.message").collect();
        assert_eq!(prompts.len(), 1, "{prompts:?}");
        assert_eq!(prompts[0]["data"]["content"], "Second");
        let only = json!({ "types": ["assistant.message"], "max": 500 });
        let answers = bed.call(&session, "session.eventLog.read", only);
        let said: Vec<_> =
            answers["events"].as_array().unwrap().iter().map(|event| &event["data"]["content"]).collect();
        assert_eq!(said, ["one", "two"]);
        let interest =
            bed.call(&session, "session.eventLog.registerInterest", json!({ "eventType": "session.idle" }));
        let released =
            bed.call(&session, "session.eventLog.releaseInterest", json!({ "handle": interest["handle"] }));
        assert_eq!(released["success"], true);
    });
}

#[test]
fn a_truncated_history_is_not_told_to_the_model() {
    on_each(NEW, |bed| {
        let seen = Seen::default();
        let steps = json!([{ "text": "one" }, { "text": "two" }, { "text": "three" }]);
        let session = seen.of(bed.setup("truncate", steps, json!({}))).create(&bed.client).unwrap();
        bed.ask(&session, "First");
        bed.ask(&session, "Second");
        let event = seen.last("user.message").unwrap();
        let cut = bed.call(&session, "session.history.truncate", json!({ "eventId": event["id"] }));
        assert!(cut["eventsRemoved"].as_u64().unwrap() > 1, "{cut}");
        assert_eq!(bed.ask(&session, "Third"), "three");
        let told = bed.told("truncate");
        assert!(told.contains("First") && !told.contains("Second"), "{told}");
    });
}

#[test]
fn a_session_is_rewound_to_one_of_its_points() {
    on_each(NEWER, |bed| {
        let session =
            bed.session("rewind", json!([{ "text": "one" }, { "text": "two" }, { "text": "three" }]));
        bed.ask(&session, "First");
        bed.ask(&session, "Second");
        let points = bed.call(&session, "session.history.listRewindPoints", json!({}))["points"].clone();
        let prompts: Vec<_> = points.as_array().unwrap().iter().map(|point| &point["userMessage"]).collect();
        assert_eq!(prompts, ["First", "Second"]);
        let to = json!({ "eventId": points[1]["eventId"], "mode": "conversation" });
        assert_eq!(bed.call(&session, "session.history.rewind", to)["outcome"], "success");
        assert_eq!(bed.ask(&session, "Third"), "three");
        let told = bed.told("rewind");
        assert!(told.contains("First") && !told.contains("Second"), "{told}");
    });
}

#[test]
fn files_come_back_with_a_rewind_where_their_changes_are_tracked() {
    on_each(NEWER, |bed| {
        let file = bed.fence.workdir().join("kept.txt");
        std::fs::write(&file, "before\n").unwrap();
        let edit = json!({ "path": file, "old_str": "before", "new_str": "after" });
        let steps = json!([{ "text": "one" }, { "tools": [["view", { "path": file }]] },
            { "tools": [["edit", edit]] }, { "text": "edited" }]);
        let session = bed
            .setup("files", steps, json!({ "enableFileChangeTracking": true }))
            .answer(copilot::protocol::question::Kind::Permission, copilot::request::Request::approve)
            .create(&bed.client)
            .unwrap();
        bed.ask(&session, "First");
        assert_eq!(bed.ask(&session, "Edit"), "edited");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "after\n");
        let told = bed.call(&session, "session.history.listRewindPoints", json!({}));
        let point = told["points"].as_array().unwrap().last().unwrap().clone();
        let preview =
            bed.call(&session, "session.history.previewRewind", json!({ "eventId": point["eventId"] }));
        assert_eq!((&preview["available"], &preview["fileCount"]), (&json!(true), &json!(1)), "{preview}");
        let to = json!({ "eventId": point["eventId"], "mode": "conversation-and-files" });
        let rewound = bed.call(&session, "session.history.rewind", to);
        assert_eq!(rewound["outcome"], "success", "{rewound}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before\n");
    });
}
