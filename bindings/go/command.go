package copilot

import "context"

// CommandDefinition is a slash command of this program's.
type CommandDefinition struct {
	// Name is the command without the slash.
	Name string
	// Description says what it does, for the list of commands.
	Description string
	// Handler carries it out.
	Handler CommandHandler
}

// CommandHandler carries a slash command out. The text of an error is shown to the user.
type CommandHandler func(ctx CommandContext) error

// CommandContext is a slash command as it was given.
type CommandContext struct {
	// SessionID is the session in which it was given.
	SessionID string
	// Command is the whole line, such as "/deploy production".
	Command string
	// CommandName is the command without the slash.
	CommandName string
	// Args is what follows it.
	Args string

	ctx context.Context
}

// Context is done when nobody waits for the command any more. It is never nil.
func (c CommandContext) Context() context.Context { return contextOr(c.ctx) }
