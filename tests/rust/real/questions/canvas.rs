//! A canvas of the program's.

use copilot::json::Json;

use super::*;

#[test]
fn a_canvas_is_opened_acted_on_and_closed() {
    on_each(NEW, |bed| {
        let log = Log::default();
        let logs = Arc::clone(&log);
        let mut options = bed.options("canvas", json!([]));
        options["canvases"] = json!([{ "id": "board", "displayName": "Board", "description": "A board",
            "actions": [{ "name": "draw", "description": "Draws" }, { "name": "fail", "description": "Fails" }] }]);
        options["requestCanvasRenderer"] = json!(true);
        options["extensionInfo"] = json!({ "source": "github-app", "name": "me" });
        let session = Setup::new(options)
            .method("canvas.*", move |request| {
                let method = request.method().to_str().unwrap();
                let of = |pointer| request.params().string(pointer).unwrap_or_default().into_owned();
                logs.lock().push(format!("{method} {} {}", of("/instanceId"), of("/actionName")));
                match (method, of("/actionName").as_str()) {
                    ("canvas.open", _) => {
                        respond(request, json!({ "url": "https://example.com/b", "title": "T" }))
                    }
                    (_, "draw") => respond(request, json!({ "drawn": request.params().get_i64("/input/a") })),
                    (_, "fail") => request.answer(Answer::Fail("canvas_full: no room".into())).unwrap(),
                    _ => respond(request, json!(null)),
                }
            })
            .create(&bed.client)
            .unwrap();
        let call = |method: &str, params: Value| -> copilot::Result<Json> {
            let work = Arc::clone(session.core()).call_with(method, Some(&params.to_string())).unwrap();
            on_session(&bed.client, &session, work)
        };
        let opened = call("session.canvas.open", json!({ "canvasId": "board", "instanceId": "i" })).unwrap();
        assert_eq!(opened.string("/url").as_deref(), Some("https://example.com/b"));
        let act = |name: &str| {
            call(
                "session.canvas.action.invoke",
                json!({ "instanceId": "i", "actionName": name, "input": { "a": 7 } }),
            )
        };
        assert_eq!(act("draw").unwrap().get_i64("/result/drawn"), Some(7));
        let error = act("fail").unwrap_err();
        assert!(error.to_string().contains("canvas_full"), "{error}");
        call("session.canvas.close", json!({ "instanceId": "i" })).unwrap();
        let asked = [
            "canvas.open i ",
            "canvas.action.invoke i draw",
            "canvas.action.invoke i fail",
            "canvas.close i ",
        ];
        assert_eq!(*log.lock(), asked);
    });
}
