//! The hosted API, faked: the account of a token, the models that it may use, and what is remembered for it.

use super::http::Request;
use super::state::{Account, Record, State};
use serde_json::{Map, Value, json};

/// The script of the hosted API's model requests.
pub(super) const MODEL: &str = "hosted";
/// What its other requests are recorded under.
pub(super) const API: &str = "hosted.api";

/// The answer to a request that is for no model: its status and its body.
pub(super) fn answer(state: &State, request: &Request) -> Option<(u16, Value)> {
    state.take(API, record(request));
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let account = token(request).and_then(|token| state.account(token));
    let body = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["copilot_internal", "user"]) => account.map(|account| user(&account, &state.hosted_url())),
        ("GET", ["models"]) => account.map(|account| models(&account)),
        (_, ["agents", "swe", "internal", "memory", "v0", rest @ ..]) => account.map(|_| memory(rest)),
        _ => return None,
    };
    Some(match body {
        Some(body) => (200, body),
        None => (401, json!({ "message": "Bad credentials" })),
    })
}

/// The memory of a repository: there is one, it is empty, and it takes everything.
fn memory(path: &[&str]) -> Value {
    match path {
        ["enabled"] => json!({ "enabled": true }),
        ["prompt"] => json!({
            "memoriesContext": { "prompt": "" },
            "storeInstructions": "Store what lasts.",
            "storeToolDefinition": { "name": "store_memory", "description": "Stores", "definitionVersion": "1.0.0" },
        }),
        _ => json!({}),
    }
}

/// The token of a request: `Authorization: token t` or `Authorization: Bearer t`.
fn token(request: &Request) -> Option<&str> {
    let (_, value) = request.headers.iter().find(|(name, _)| name == "authorization")?;
    value.split_once(' ').map(|(_, token)| token)
}

/// A request as it is recorded.
pub(super) fn record(request: &Request) -> Record {
    let text = |(name, value): &(String, String)| (name.clone(), Value::from(value.as_str()));
    Record {
        path: request.path.clone(),
        headers: request.headers.iter().map(text).collect::<Map<_, _>>(),
        body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
        client_left: false,
    }
}

/// Who has an account and what it gives: a plan that is half used up.
fn user(account: &Account, url: &str) -> Value {
    let quota = |id: &str, entitlement: u32| {
        json!({
            "quota_id": id, "entitlement": entitlement, "remaining": entitlement / 2, "quota_remaining": entitlement / 2,
            "percent_remaining": 50.0, "unlimited": false, "overage_count": 0, "overage_permitted": false,
        })
    };
    json!({
        "login": account.login,
        "copilot_plan": "individual",
        "access_type_sku": "plus_yearly_subscriber",
        "chat_enabled": true,
        "is_mcp_enabled": true,
        "organization_list": [],
        "endpoints": { "api": url, "proxy": url, "telemetry": url, "origin-tracker": url },
        "quota_reset_date": "2099-01-01",
        "quota_snapshots": {
            "premium_interactions": quota("premium_interactions", 300),
            "chat": quota("chat", 1000),
            "completions": quota("completions", 4000),
        },
    })
}

/// The models of an account, the first of which is its default.
fn models(account: &Account) -> Value {
    let models = account.models.iter().enumerate().map(|(place, id)| model(id, place == 0));
    json!({ "object": "list", "data": models.collect::<Vec<_>>() })
}

/// A model as the API describes it. They differ by nothing but their names.
fn model(id: &str, is_default: bool) -> Value {
    let mut name = id.to_owned();
    name[..1].make_ascii_uppercase();
    json!({
        "id": id, "name": name, "object": "model", "vendor": "testbed", "version": format!("{id}-1"),
        "model_picker_enabled": true, "model_picker_category": "versatile", "preview": false,
        "is_chat_default": is_default, "is_chat_fallback": is_default,
        "billing": { "is_premium": true, "multiplier": 2 },
        "policy": { "state": "enabled", "terms": "" },
        "supported_endpoints": ["/chat/completions"],
        "capabilities": {
            "family": id, "object": "model_capabilities", "type": "chat", "tokenizer": "o200k_base",
            "limits": {
                "max_context_window_tokens": 128000, "max_prompt_tokens": 120000, "max_output_tokens": 8000,
                "vision": {
                    "max_prompt_images": 1, "max_prompt_image_size": 3145728,
                    "supported_media_types": ["image/png"],
                },
            },
            "supports": { "streaming": true, "tool_calls": true, "parallel_tool_calls": true, "vision": true },
        },
    })
}
