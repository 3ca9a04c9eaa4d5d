use super::*;

fn set(text: &str, edit: impl FnOnce(&mut Json) -> Result<()>) -> String {
    let mut json = Json::parse(text).expect("valid");
    edit(&mut json).expect("set");
    validate(json.text()).expect("still valid");
    json.text().to_owned()
}

#[test]
fn values_are_replaced_and_added_in_place() {
    assert_eq!(set(r#"{"a":1,"b":2.50}"#, |j| j.set_i64("/a", -7)), r#"{"a":-7,"b":2.50}"#);
    assert_eq!(set(r#"{"a":1}"#, |j| j.set_str("/b", "q\"\n\0é")), r#"{"a":1,"b":"q\"\n\u0000é"}"#);
    assert_eq!(set("{}", |j| j.set_bool("/x~1y/~0/z", true)), r#"{"x/y":{"~":{"z":true}}}"#);
    assert_eq!(set(r#"{"\u0061":1}"#, |j| j.set_i64("/a", 3)), r#"{"\u0061":3}"#);
    assert_eq!(
        set(r#"{"a":{"b":[{"c":null}]}}"#, |j| j.set_f64("/a/b/0/c", 0.1)),
        r#"{"a":{"b":[{"c":0.1}]}}"#
    );
    assert_eq!(set("{}", |j| j.set_f64("/d", 3.0)), r#"{"d":3.0}"#);
    assert_eq!(set("{}", |j| j.set_json("/d", " [ 1 , { } ] ")), r#"{"d":[1,{}]}"#);
    assert_eq!(set("[1]", |j| j.set_str("", "whole")), r#""whole""#);
    assert_eq!(set("{}", |j| j.set_i64("/", 1)), r#"{"":1}"#);
}

#[test]
fn arrays_grow_at_their_end_only() {
    assert_eq!(set(r#"{"a":[]}"#, |j| j.set_i64("/a/-", 1)), r#"{"a":[1]}"#);
    assert_eq!(set(r#"{"a":[1]}"#, |j| j.set_i64("/a/-/b", 2)), r#"{"a":[1,{"b":2}]}"#);
    assert_eq!(set("[1,2]", |j| j.set_i64("/1", 3)), "[1,3]");
    assert_eq!(set("[1,2]", |j| j.set_i64("/2", 3)), "[1,2,3]");
    assert_eq!(set("{}", |j| j.set_i64("/a/0", 1)), r#"{"a":{"0":1}}"#);
    assert_eq!(set("{}", |j| j.set_i64("/a/-/b/-", 1)), r#"{"a":[{"b":[1]}]}"#);
    assert_eq!(set(r#"{"-":1}"#, |j| j.set_i64("/-", 2)), r#"{"-":2}"#);
}

#[test]
fn refusals_name_the_pointer_and_change_nothing() {
    let mut json = Json::parse(r#"{"a":1,"n":null,"l":[1]}"#).expect("valid");
    let before = json.text().to_owned();
    for pointer in ["/a/b", "/n/x", "/l/2", "/l/01", "/l/x", "a", "/~", "/a~2"] {
        let error = json.set_i64(pointer, 1).expect_err(pointer);
        assert_eq!(error.code(), Code::InvalidArgument, "{pointer}");
        assert!(error.message().contains(&format!("\"{pointer}\"")), "{error}");
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(json.set_f64("/a", value).expect_err("not finite").code(), Code::InvalidArgument);
    }
    let error = json.set_json("/a", "{oops").expect_err("not JSON");
    assert_eq!(error.code(), Code::InvalidJson);
    assert!(error.message().contains("\"/a\""), "{error}");
    assert_eq!(json.text(), before);
}

#[test]
fn what_was_read_before_is_read_anew() {
    let mut json = Json::parse(r#"{"a":"x","l":[1,2]}"#).expect("valid");
    assert_eq!((json.count("/l"), json.get_str("/a").map(|a| a.text())), (2, Some("x".into())));
    json.set_str("/a", "longer than before").expect("set");
    json.set_i64("/l/-", 3).expect("set");
    let a = json.get_str("/a").map(|a| a.text());
    assert_eq!((json.count("/l"), a.as_deref()), (3, Some("longer than before")));
    assert_eq!(json.text_c().text(), json.text());
}

#[test]
fn of_members_with_the_same_key_the_first_is_set_and_stays_alone() {
    assert_eq!(set(r#"{"a":1,"b":0,"a":2}"#, |j| j.set_i64("/a", 3)), r#"{"a":3,"b":0}"#);
    assert_eq!(
        set(r#"{"a":{"b":1,"\u0062":[2],"c":3,"b":4},"d":5,"a":{"b":6},"a":7}"#, |j| j.set_i64("/a/b", 8)),
        r#"{"a":{"b":8,"c":3},"d":5}"#
    );
    assert_eq!(
        set(r#"{"a":[{"b":1,"b":2}],"a":0}"#, |j| j.set_i64("/a/0/x", 3)),
        r#"{"a":[{"b":1,"b":2,"x":3}]}"#
    );
    // Space may be anywhere in a text that came from elsewhere.
    let mut json = Json::from_trusted(r#"{ "a" : 1 , "b" : 2 , "a" : 3 }"#);
    json.set_bool("/a", true).expect("set");
    assert_eq!(json.text(), r#"{ "a" : true , "b" : 2 }"#);
}
