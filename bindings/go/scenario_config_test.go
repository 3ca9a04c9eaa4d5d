package copilot_test

import (
	"maps"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed/scenario"
)

// inOurWords is a configuration in which what rows call by the words of the wire has the names of copilot.h.
func inOurWords(session scenario.Object) scenario.Object {
	session = maps.Clone(session)
	rename(session, "disableResume", "suppressResumeEvent")
	if output, ok := session["largeOutput"].(scenario.Object); ok {
		output = maps.Clone(output)
		rename(output, "outputDir", "outputDirectory")
		session["largeOutput"] = output
	}
	return session
}

func rename(members scenario.Object, from, to string) {
	if value, there := members[from]; there {
		delete(members, from)
		members[to] = value
	}
}

// config is the session's configuration, with the row's answers. All that the row says must be in it.
func (d *driver) config(session scenario.Object) (*copilot.SessionConfig, error) {
	session = inOurWords(session)
	members := maps.Clone(session)
	servers, _ := members["mcpServers"].(scenario.Object)
	delete(members, "mcpServers")
	config := &copilot.SessionConfig{}
	if err := fill(members, config); err != nil {
		return nil, err
	}
	if servers != nil {
		var err error
		if config.MCPServers, err = mcpServers(servers); err != nil {
			return nil, err
		}
	}
	for _, of := range d.row.Tools {
		tool, err := d.tool(of)
		if err != nil {
			return nil, err
		}
		config.Tools = append(config.Tools, tool)
	}
	d.answers(config)
	return config, covers(asJSON(config), session, "SessionConfig")
}

// answers adds the handlers for what the row answers, and for nothing else.
func (d *driver) answers(config *copilot.SessionConfig) {
	config.OnEvent = d.hear
	if !d.row.NobodyDecides() {
		config.OnPermissionRequest = d.decide
	}
	for kind := range d.row.Questions {
		switch kind {
		case "userInput":
			config.OnUserInputRequest = d.userInput
		case "elicitation":
			config.OnElicitationRequest = d.elicitation
		case "hook":
			config.Hooks = d.hooks()
		case "exitPlanMode":
			config.OnExitPlanModeRequest = d.exitPlanMode
		}
	}
	for n := range config.Commands {
		config.Commands[n].Handler = d.command
	}
	if config.SystemMessage == nil {
		return
	}
	for name, section := range config.SystemMessage.Sections {
		if section.Action == copilot.SectionActionTransform {
			section.Transform = d.section(name)
			config.SystemMessage.Sections[name] = section
		}
	}
}

func mcpServers(servers scenario.Object) (map[string]copilot.MCPServerConfig, error) {
	made := make(map[string]copilot.MCPServerConfig)
	for name, server := range servers {
		members := maps.Clone(server.(scenario.Object))
		switch kind := members["type"]; kind {
		case nil, "stdio", "local":
			delete(members, "type")
			var config copilot.MCPStdioServerConfig
			if err := fill(members, &config); err != nil {
				return nil, err
			}
			made[name] = config
		default:
			var config copilot.MCPHTTPServerConfig
			if err := fill(members, &config); err != nil {
				return nil, err
			}
			made[name] = config
		}
	}
	return made, nil
}

// messageOf is a message with all that the row gives it.
func messageOf(prompt string, with scenario.Object) (copilot.MessageOptions, error) {
	members := maps.Clone(with)
	if members == nil {
		members = scenario.Object{}
	}
	members["prompt"] = prompt
	given := members["attachments"]
	delete(members, "attachments")
	var message copilot.MessageOptions
	if err := fill(members, &message); err != nil {
		return message, err
	}
	if given != nil {
		var attachments copilot.Attachments
		if err := fill(given, &attachments); err != nil {
			return message, err
		}
		message.Attachments = attachments
	}
	return message, nil
}

// schemaKnows says whether the binding has a struct for this type of event.
func schemaKnows(kind copilot.SessionEventType) bool {
	text := `{"type":"` + string(kind) + `","data":{}}`
	event, err := copilot.RawEvent{Type: kind, JSON: []byte(text)}.Decode()
	_, raw := event.Data.(*copilot.RawSessionEventData)
	return err == nil && !raw
}
