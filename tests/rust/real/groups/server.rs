//! Calls that belong to no session: a headless CLI has no foreground; sessions are found, measured and forked; settings.

use copilot::Code;

use super::*;

#[test]
fn without_a_terminal_there_is_no_foreground_session() {
    on_each("0", |bed| {
        let session = bed.session("foreground", json!([]));
        let id = session.core().id().to_str().unwrap().to_owned();
        let queue = bed.client.queue().queue();
        let none =
            block_on(&bed.client, queue, Arc::clone(bed.client.core()).get_foreground_session()).unwrap();
        assert_eq!(none.text(), "{}");
        let set = Arc::clone(bed.client.core()).set_foreground_session(id.clone());
        let error = block_on(&bed.client, queue, set).unwrap_err();
        assert_eq!(error.code(), Code::Session, "{error}");
        assert!(error.message().contains(&id) && error.message().contains("TUI+server"), "{error}");
    });
}

#[test]
fn sessions_are_measured_forked_and_deleted_together() {
    on_each(NEW, |bed| {
        let session = bed.session("fork", json!([{ "text": "one" }, { "text": "two" }]));
        bed.ask(&session, "Remember the heron");
        let id = session.core().id().to_str().unwrap().to_owned();
        let fork = bed.client_call("sessions.fork", json!({ "sessionId": id })).unwrap();
        let fork = fork["sessionId"].as_str().unwrap().to_owned();
        assert_ne!(fork, id);
        let twin =
            bed.setup("twin", json!([{ "text": "two" }]), json!({})).resume(&bed.client, &fork).unwrap();
        assert_eq!(bed.ask(&twin, "And now?"), "two");
        assert!(bed.told("twin").contains("Remember the heron"));
        let sizes = bed.client_call("sessions.getSizes", json!({})).unwrap()["sizes"].clone();
        assert!(sizes[&id].as_u64().unwrap() > 0 && sizes[&fork].as_u64().unwrap() > 0, "{sizes}");
        on_session(&bed.client, &twin, Arc::clone(twin.core()).disconnect()).unwrap();
        let deleted = bed.client_call("sessions.bulkDelete", json!({ "sessionIds": [fork] })).unwrap();
        assert!(deleted["freedBytes"][&fork].as_u64().unwrap() > 0, "{deleted}");
        let listed = bed.client_call("session.list", json!({})).unwrap().to_string();
        assert!(listed.contains(&id) && !listed.contains(&fork), "{listed}");
    });
}

#[test]
fn a_setting_of_the_users_is_written_and_read() {
    on_each(NEWER, |bed| {
        start(&bed.client).unwrap();
        let mouse = || bed.client_call("user.settings.get", json!({})).unwrap()["settings"]["mouse"].clone();
        assert_eq!(mouse()["isDefault"], true);
        bed.client_call("user.settings.set", json!({ "settings": { "mouse": false } })).unwrap();
        assert_eq!(mouse()["value"], false);
    });
}
