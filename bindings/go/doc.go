// Package copilot puts the agent of the GitHub Copilot CLI to work in a Go program: give it prompts, stream its answers,
// offer it tools, decide what it may do. It is libcopilot in Go's ways, by cgo; the CLI is the only other thing that is
// needed.
//
// A [Client] is a connection to one CLI, which it starts when it is first needed; a [Session] is one conversation, and a
// client has as many as you like, at the same time.
//
//	client := copilot.NewClient(nil)
//	defer client.Stop(ctx)
//	session, err := client.CreateSession(ctx, &copilot.SessionConfig{Streaming: copilot.Bool(true)})
//
// # Events
//
// What happens in a session is a [SessionEvent], whose Data a type switch tells apart. [Session.Stream] sends a message
// and ranges over the events of its turn; [Session.Events] and [Session.EventChannel] give the session's events for as
// long as a context lives; [Session.On] and its kin call a function for each. [Session.OnRaw] leaves out the decoding.
// However they are heard, they come in the order in which the server sent them, and none is lost: a program that is
// slower than the server lets them wait, and when very much is waiting ([ClientOptions].QueueLimitBytes) the server has
// to wait as well. An event of a type that this package does not know is a [RawSessionEventData], and every event has its
// JSON in Raw.
//
// # Questions
//
// The server asks the program: to run a tool, to permit something, to ask the user. The handlers for that are fields of
// [SessionConfig], and tools are easily made by [DefineTool]. Each question is answered on a goroutine of its own; its
// context ends when no answer is needed any more. A handler that fails or panics has given the answer that does no harm:
// a tool has failed, permission is denied, a hook has no opinion. Without OnPermissionRequest, a policy or a tool's
// SkipPermission nothing is permitted.
//
// # Contexts and errors
//
// Every call that waits takes a context, whose end cancels the call, and fails with an [Error]: [errors.Is] tells the
// kind ([ErrTimeout], [ErrClosed], [ErrTransport], …) and whether the context was the reason, [errors.As] finds an
// [RPCError] where the server refused. What nobody is told of otherwise goes to [ClientOptions].Logger.
//
// # The process
//
// No callback ever comes from a thread of the library's, no pointer of Go's is kept by it, and its threads take no
// signals: os/signal works as ever, and a CLI that dies does no harm to the program.
//
// # Linking
//
// The package finds libcopilot by pkg-config (copilot.pc). With the build tag copilot_static the archive is linked
// instead, and with copilot_nopkgconfig it is what CGO_CFLAGS and CGO_LDFLAGS say.
package copilot
