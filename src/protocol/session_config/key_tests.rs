//! What the official clients can say of a session, key by key with all that is inside: each must arrive in the wire's
//! spelling where the server reads it. The rows stand here word for word, so that a key that is lost from the tables, or
//! misspelt in them, is missed.

use super::tests::{CONSTANTS, parse, refused};
use super::*;

/// Which calls say it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Both,
    Create,
    Resume,
    Update,
}

/// Checks members of a configuration, which are sent as they are.
#[track_caller]
fn as_given(by: By, rows: &[&str]) {
    for members in rows {
        sent(by, members, members);
    }
}

/// Checks what is sent of these members of a configuration, and by what.
#[track_caller]
fn sent(by: By, given: &str, wire: &str) {
    let config = parse(&format!("{{{given}}}"));
    let opening = |target| config.encode(target, &[], DeclaredKinds::default(), false);
    let with = format!(r#"{{"sessionId":"s",{wire},{CONSTANTS}}}"#);
    let without = format!(r#"{{"sessionId":"s",{CONSTANTS}}}"#);
    let expected = |is_said| if is_said { &with } else { &without };
    let (created, resumed) = (opening(Target::Create("s")), opening(Target::Resume("s")));
    assert_eq!(created, *expected(matches!(by, By::Both | By::Create)), "by create: {given}");
    assert_eq!(resumed, *expected(matches!(by, By::Both | By::Resume)), "by resume: {given}");
    let update = (by == By::Update).then(|| format!(r#"{{"sessionId":"s",{wire}}}"#));
    assert_eq!(config.encode_update("s", false), update, "by update: {given}");
}

#[test]
fn what_names_models_and_their_limits() {
    as_given(
        By::Both,
        &[
            r#""clientName":"editor/1""#,
            r#""reasoningSummary":"none""#,
            r#""reasoningSummary":"concise""#,
            r#""reasoningSummary":"detailed""#,
            r#""contextTier":"default""#,
            r#""contextTier":"long_context""#,
            r#""modelCapabilities":{"supports":{"vision":true},"limits":{"max_prompt_tokens":9}}"#,
            r#""allowedModels":["a","b"]"#,
            r#""capi":{"autoTier":"high","enableWebSocketResponses":true}"#,
            r#""imageGeneration":{"enabled":true,"watermark":false,"saveToDisk":true}"#,
            r#""sessionLimits":{"maxAiCredits":2.5}"#,
        ],
    );
    sent(By::Create, r#""name":"a label""#, r#""name":"a label""#);
}

#[test]
fn providers_with_all_their_members() {
    as_given(
        By::Both,
        &[
            concat!(
                r#""model":"m","provider":{"type":"openai","wireApi":"responses","transport":"websockets","#,
                r#""modelProvider":"p","baseUrl":"https://h","apiKey":"k","apiKeyCommand":["pass"],"bearerToken":"t","#,
                r#""hasBearerTokenProvider":true,"headers":{"x-a":"b"},"modelId":"i","wireModel":"w","#,
                r#""maxPromptTokens":8,"maxOutputTokens":9}"#
            ),
            r#""model":"m","provider":{"baseUrl":"https://h","transport":"http"}"#,
            concat!(
                r#""providers":[{"name":"n","type":"anthropic","wireApi":"completions","baseUrl":"https://h","#,
                r#""apiKey":"k","bearerToken":"t","hasBearerTokenProvider":true,"headers":{"x-a":"b"}}],"#,
                r#""models":[{"id":"i","provider":"n","wireModel":"w","modelId":"m","name":"N","maxPromptTokens":7,"#,
                r#""maxContextWindowTokens":8,"maxOutputTokens":9,"capabilities":{"supports":{"vision":true}}}]"#
            ),
        ],
    );
}

#[test]
fn places_and_what_is_read_there() {
    as_given(
        By::Both,
        &[
            r#""workingDirectory":"/w""#,
            r#""additionalDirectories":["/a","/b"]"#,
            r#""enableConfigDiscovery":true"#,
            r#""instructionDirectories":["/i"]"#,
            r#""agentDirectories":["/a"]"#,
            r#""hookDirectories":["/h"]"#,
            r#""pluginDirectories":["/p"]"#,
            r#""organizationCustomInstructions":"text""#,
            r#""enableOnDemandInstructionDiscovery":true"#,
            r#""enableFileHooks":true"#,
            r#""enableHostGitOperations":false"#,
            r#""enableSessionStore":false"#,
            r#""enableSkills":false"#,
            r#""skipEmbeddingRetrieval":true"#,
            r#""embeddingCacheStorage":"in-memory""#,
            r#""sandboxConfig":{"enabled":true,"userPolicy":{"network":{}}}"#,
        ],
    );
    sent(By::Both, r#""configDirectory":"/c""#, r#""configDir":"/c""#);
    let large = |name| format!(r#""largeOutput":{{"enabled":true,"maxSizeBytes":9,"{name}":"/o"}}"#);
    sent(By::Both, &large("outputDirectory"), &large("outputDir"));
    as_given(By::Create, &[r#""trustWorkingDirectory":"session""#, r#""trustWorkingDirectory":"user""#]);
    as_given(By::Create, &[r#""refreshCustomInstructions":true"#]);
    as_given(By::Update, &[r#""skipCustomInstructions":true"#]);
}

#[test]
fn what_the_agent_may_do_by_itself() {
    as_given(
        By::Both,
        &[
            r#""enableCitations":true"#,
            r#""enableFileChangeTracking":true"#,
            r#""memory":{"enabled":true}"#,
            r#""memory":{"enabled":false,"mode":"system-prompt"}"#,
            r#""memory":{"enabled":true,"mode":"user-prompt"}"#,
            r#""autopilot":{"continuationEnabled":true,"maxContinues":3}"#,
            r#""interactiveUser":false"#,
            r#""askUserVariant":"legacy""#,
            r#""askUserVariant":"elicitation""#,
            r#""toolSearch":{"enabled":true,"deferThreshold":40}"#,
            r#""excludedBuiltinAgents":["explore"]"#,
            r#""defaultAgent":{"excludedTools":["bash"]}"#,
            r#""customAgentsLocalOnly":true"#,
        ],
    );
    as_given(
        By::Update,
        &[
            r#""coauthorEnabled":false"#,
            r#""manageScheduleEnabled":true"#,
            r#""includedBuiltinSkills":["a"]"#,
            r#""installedPlugins":[{"name":"p"}]"#,
        ],
    );
}

#[test]
fn agents_and_servers_with_all_their_members() {
    let agent = |directory| {
        format!(
            concat!(
                r#""customAgents":[{{"name":"a","prompt":"p","displayName":"A","description":"d","tools":["bash"],"#,
                r#""mcpServers":{{"m":{{"type":"stdio","command":"c","args":["x"],"env":{{"E":"v"}},"{}":"/w","#,
                r#""tools":["*"],"timeout":1000}}}},"infer":true,"skills":["s"],"model":"m","#,
                r#""modelPolicy":{{"mode":"fixed"}},"reasoningEffort":"high","hooks":{{"preToolUse":[]}}}}]"#
            ),
            directory
        )
    };
    sent(By::Both, &agent("workingDirectory"), &agent("cwd"));
    as_given(
        By::Both,
        &[
            r#""mcpServers":{"m":{"type":"http","url":"https://h","headers":{"a":"b"},"tools":[],"timeout":5}}"#,
            r#""disabledMcpServers":["m"]"#,
            r#""mcpOAuthTokenStorage":"persistent""#,
            r#""mcpOAuthTokenStorage":"in-memory""#,
            r#""authClientIdMetadataUrl":"https://h/client.json""#,
            concat!(
                r#""githubMcpToolConfig":{"enableAllTools":true,"additionalToolsets":["a"],"additionalTools":["b"],"#,
                r#""enableInsidersMode":true,"disableFormDeferral":true}"#
            ),
        ],
    );
    sent(By::Both, r#""enableMcpApps":true"#, r#""requestMcpApps":true"#);
}

#[test]
fn hosts_of_canvases_and_extensions() {
    as_given(
        By::Both,
        &[
            concat!(
                r#""canvases":[{"id":"c","displayName":"C","description":"d","inputSchema":{"type":"object"},"#,
                r#""actions":[{"name":"a","description":"d","inputSchema":{}}]}]"#
            ),
            r#""requestCanvasRenderer":true"#,
            r#""canvasProvider":{"id":"i","name":"n"}"#,
            r#""requestExtensions":true"#,
            r#""extensionSdkPath":"/sdk""#,
            r#""extensionInfo":{"source":"s","name":"n"}"#,
            r#""hasSkillProvider":true"#,
        ],
    );
    as_given(
        By::Resume,
        &[
            r#""openCanvases":[{"instanceId":"1","canvasId":"c"}]"#,
            r#""factories":[{"name":"f"}]"#,
            r#""requestedEnvironmentVariables":["TOKEN"]"#,
        ],
    );
}

#[test]
fn what_a_resume_alone_says() {
    as_given(By::Resume, &[r#""continuePendingWork":true"#, r#""allowTranscriptRecovery":true"#]);
    sent(By::Resume, r#""suppressResumeEvent":true"#, r#""disableResume":true"#);
}

#[test]
fn identities_and_where_a_session_runs() {
    as_given(
        By::Both,
        &[
            r#""gitHubToken":"t""#,
            r#""gitHubTokenProviderRegistrationId":"r""#,
            r#""remoteSession":"off""#,
            r#""remoteSession":"export""#,
            r#""remoteSession":"on""#,
        ],
    );
    as_given(
        By::Create,
        &[r#""cloud":{"repository":{"owner":"o","name":"n","branch":"b"}}"#, r#""cloud":{}"#],
    );
}

#[test]
fn what_enterprises_and_experiments_decide() {
    as_given(
        By::Both,
        &[
            r#""enableManagedSettings":true"#,
            concat!(
                r#""managedSettings":{"permissions":{"disableBypassPermissionsMode":"disable","#,
                r#""disableAssistedPermissionsMode":"disable","deny":["a"],"ask":["b"],"allow":["c"],"#,
                r#""limitTo":["d"]}}"#
            ),
            r#""excludedManagedSettings":["permissions"]"#,
            r#""enforceManagedModelDefaults":true"#,
            r#""featureFlags":{"a":true,"b":false}"#,
            r#""expAssignments":{"Features":["f"],"Flights":{},"Configs":[],"AssignmentContext":"c"}"#,
        ],
    );
    sent(By::Both, r#""enableExperimentalMode":true"#, r#""isExperimentalMode":true"#);
}

#[test]
fn what_is_measured_and_traced() {
    as_given(
        By::Both,
        &[
            r#""enableSessionTelemetry":false"#,
            r#""enableGitHubTelemetryForwarding":true"#,
            r#""diagnostics":{"a":{"b":1}}"#,
            r#""lifecycleDiagnostics":{"a":1}"#,
            r#""traceparent":"00-1-2-01","tracestate":"v=1""#,
        ],
    );
}

#[test]
fn every_section_of_the_system_message_and_every_action() {
    let names = "preamble identity tone tool_efficiency environment_context code_change_rules guidelines safety \
        tool_instructions custom_instructions runtime_instructions last_instructions";
    for action in ["replace", "remove", "append", "prepend", "preserve", "transform"] {
        let section = |name: &str| format!(r#""{name}":{{"action":"{action}","content":"x"}}"#);
        let sections: Vec<_> = names.split(' ').map(section).collect();
        assert_eq!(sections.len(), 12);
        let sections = sections.join(",");
        let message = format!(
            r#""systemMessage":{{"mode":"customize","sections":{{{sections}}},"content":"at the end"}}"#
        );
        sent(By::Both, &message, &message);
    }
}

#[test]
fn words_that_a_server_would_pass_over_are_refused() {
    for json in [
        r#"{"reasoningSummary":"short"}"#,
        r#"{"contextTier":"long"}"#,
        r#"{"askUserVariant":"form"}"#,
        r#"{"trustWorkingDirectory":true}"#,
        r#"{"mcpOAuthTokenStorage":"memory"}"#,
        r#"{"remoteSession":true}"#,
        r#"{"memory":{"enabled":true,"mode":"prompt"}}"#,
        r#"{"model":"m","provider":{"baseUrl":"https://h","transport":"ws"}}"#,
    ] {
        let message = refused(json);
        assert!(message.contains(" must be "), "{json}: {message}");
    }
}
