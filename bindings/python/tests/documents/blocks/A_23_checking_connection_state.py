state = client.get_state()
# Returns: "disconnected" | "connecting" | "connected" | "error"
