package copilot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
)

// A RuntimeConnection tells how a [Client] reaches the Copilot CLI: a [StdioConnection], a [TCPConnection] or a
// [URIConnection].
type RuntimeConnection interface {
	// options adds what the library is told.
	options(to map[string]any)
}

// A StdioConnection starts the CLI and speaks to it over its standard input and output. It is the default.
type StdioConnection struct {
	// Path is the CLI's program. Empty: the variable COPILOT_CLI_PATH, else "copilot" and then "copilot-runtime" on
	// PATH, else the npm package @github/copilot in npm's global folder.
	Path string
	// Args come before the library's own arguments.
	Args []string
	// Env is the CLI's environment, as [ClientOptions].Env, over which it goes.
	Env []string
}

func (c StdioConnection) options(to map[string]any) {
	to["useStdio"] = true
	process(to, c.Path, c.Args, c.Env)
}

// A TCPConnection starts the CLI as a server on this machine and connects to it.
type TCPConnection struct {
	// Port is the port; 0 lets the server choose one.
	Port int
	// ConnectionToken is the secret that the server asks for; empty: a new random one.
	ConnectionToken string
	// Path is the CLI's program, as in [StdioConnection].
	Path string
	// Args come before the library's own arguments.
	Args []string
	// Env is the CLI's environment, as [ClientOptions].Env, over which it goes.
	Env []string
}

func (c TCPConnection) options(to map[string]any) {
	to["useStdio"] = false
	to["port"] = c.Port
	set(to, "connectionToken", c.ConnectionToken)
	process(to, c.Path, c.Args, c.Env)
}

// A URIConnection connects to a server that runs already, and never ends it.
type URIConnection struct {
	// URL is its address: "8080", "host:8080" or "http://host:8080".
	URL string
	// ConnectionToken is the secret that the server was started with.
	ConnectionToken string
}

func (c URIConnection) options(to map[string]any) {
	to["cliUrl"] = c.URL
	set(to, "connectionToken", c.ConnectionToken)
}

// ClientMode is what a client offers its sessions by default.
type ClientMode string

const (
	// ModeCopilotCli is the CLI's own way.
	ModeCopilotCli ClientMode = ""
	// ModeEmpty has the CLI use no keyring and keep nothing in the user's home. It needs BaseDirectory or a
	// [URIConnection].
	ModeEmpty ClientMode = "empty"
)

// TelemetryConfig has the CLI export OpenTelemetry data. What is empty is the CLI's choice.
type TelemetryConfig struct {
	// OTLPEndpoint is the address that data is sent to.
	OTLPEndpoint string `json:"otlpEndpoint,omitempty"`
	// OTLPProtocol is "http/json" or "http/protobuf".
	OTLPProtocol string `json:"otlpProtocol,omitempty"`
	// FilePath is the file for the exporter type "file".
	FilePath string `json:"filePath,omitempty"`
	// ExporterType is "otlp-http" or "file".
	ExporterType string `json:"exporterType,omitempty"`
	// SourceName is the name of the instrumentation scope.
	SourceName string `json:"sourceName,omitempty"`
	// CaptureContent tells whether prompts and answers are in it.
	CaptureContent *bool `json:"captureContent,omitempty"`
}

// A RequestHandler answers a method of the server's for which there is no field of its own. What it returns becomes
// JSON; an error says that it could not be done. The context ends when no answer is needed any more.
type RequestHandler func(ctx context.Context, method string, params json.RawMessage) (any, error)

// ClientOptions tell how a client is to be. The zero value starts the CLI that is installed, over stdio.
type ClientOptions struct {
	// Connection tells how the CLI is reached; nil: [StdioConnection].
	Connection RuntimeConnection
	// WorkingDirectory is the CLI's; empty: that of this process.
	WorkingDirectory string
	// BaseDirectory is where the CLI keeps its configuration and sessions, an absolute path; empty: ~/.copilot.
	BaseDirectory string
	// BuiltinPluginDirectories are absolute paths of plugins that every session has.
	BuiltinPluginDirectories []string
	// LogLevel is how much the CLI writes into its own log files: "none", "error", "warning", "info", "debug", "all".
	LogLevel string
	// Env is the CLI's whole environment, entries of the form "KEY=VALUE"; nil: that of this process.
	Env []string
	// GitHubToken is the token to authenticate with. It reaches the CLI by its environment alone and is in no log
	// and no error.
	GitHubToken string
	// UseLoggedInUser tells whether the CLI may use the account that is signed in on this machine; nil: yes without
	// GitHubToken, no with one.
	UseLoggedInUser *bool
	// OnListModels answers [Client.Models] in place of the server.
	OnListModels func(ctx context.Context) ([]ModelInfo, error)
	// Telemetry has the CLI export OpenTelemetry data.
	Telemetry *TelemetryConfig
	// SessionIdleTimeoutSeconds is after how many seconds without use the CLI unloads a session; 0: never.
	SessionIdleTimeoutSeconds int
	// EnableRemoteSessions lets sessions be seen and steered from GitHub.
	EnableRemoteSessions bool
	// Mode is what sessions are offered by default.
	Mode ClientMode
	// RequestHandlers answer methods of the server's that belong to no session, by name; "sessionFs.*" stands for all
	// that begin so.
	RequestHandlers map[string]RequestHandler
	// QueueLimitBytes is how much may wait for handlers that are slower than the server, before the connection is
	// read no further; 0: 256 MiB. Nothing is ever dropped. While a call is on its way reading goes on, for its answer
	// may be behind what waits.
	QueueLimitBytes int64
	// Logger hears what nobody else is told of, such as a handler's panic; nil: [slog.Default].
	Logger *slog.Logger
	// Raw are further options of copilot_client_options_new() in copilot.h, by the names that they have there.
	Raw map[string]any
}

// encode is the JSON for the library.
func (o *ClientOptions) encode() ([]byte, error) {
	to := map[string]any{}
	if connection := o.Connection; connection != nil {
		if o.Env != nil {
			to["env"] = environment(o.Env)
		}
		connection.options(to)
	} else if o.Env != nil {
		to["env"] = environment(o.Env)
	}
	set(to, "cwd", o.WorkingDirectory)
	set(to, "baseDirectory", o.BaseDirectory)
	set(to, "logLevel", o.LogLevel)
	set(to, "githubToken", o.GitHubToken)
	set(to, "mode", string(o.Mode))
	if o.BuiltinPluginDirectories != nil {
		to["builtinPluginDirectories"] = o.BuiltinPluginDirectories
	}
	if o.UseLoggedInUser != nil {
		to["useLoggedInUser"] = *o.UseLoggedInUser
	}
	if o.Telemetry != nil {
		to["telemetry"] = o.Telemetry
	}
	if o.SessionIdleTimeoutSeconds != 0 {
		to["sessionIdleTimeoutSeconds"] = o.SessionIdleTimeoutSeconds
	}
	if o.EnableRemoteSessions {
		to["enableRemoteSessions"] = true
	}
	maps.Copy(to, o.Raw)
	queue, err := o.queue(to["queue"])
	if err != nil {
		return nil, err
	}
	to["queue"] = queue
	return json.Marshal(to)
}

// queue are the options of the queue, with what this package needs of it.
func (o *ClientOptions) queue(raw any) (map[string]any, error) {
	queue := map[string]any{}
	if raw != nil {
		given, ok := raw.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("ClientOptions.Raw: \"queue\" is a %T and not a map[string]any", raw)
		}
		maps.Copy(queue, given)
	}
	queue["mode"] = "items"
	if o.QueueLimitBytes != 0 {
		queue["hardLimitBytes"] = o.QueueLimitBytes
	}
	return queue, nil
}

func set(to map[string]any, key, value string) {
	if value != "" {
		to[key] = value
	}
}

func process(to map[string]any, path string, args, env []string) {
	set(to, "cliPath", path)
	if args != nil {
		to["cliArgs"] = args
	}
	if env != nil {
		to["env"] = environment(env)
	}
}

// environment says what to lay over the environment of this process so that exactly these variables are left.
func environment(entries []string) map[string]any {
	over := map[string]any{}
	for _, entry := range os.Environ() {
		// The first byte of a name may be "=": Windows has such names.
		if name, _, ok := strings.Cut(entry, "="); ok && name != "" {
			over[name] = nil
		}
	}
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		over[name] = value
	}
	return over
}
