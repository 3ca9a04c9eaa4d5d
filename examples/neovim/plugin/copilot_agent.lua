-- :Copilot {prompt} asks, :CopilotStop stops the answer. Nothing is loaded or started before the first of them.
if vim.g.loaded_copilot_agent then return end
vim.g.loaded_copilot_agent = true

vim.api.nvim_create_user_command("Copilot", function(command)
  require("copilot_agent").ask(command.args)
end, { nargs = "+", desc = "Ask the Copilot agent" })

vim.api.nvim_create_user_command("CopilotStop", function()
  require("copilot_agent").stop()
end, { desc = "Stop the Copilot agent's answer" })
