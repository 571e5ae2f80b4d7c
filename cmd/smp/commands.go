package main

// commands are all that smp can do, in the order of help.
func commands() []command {
	return []command{
		scanCommand(),
		pairCommand(),
		peripheralCommand(),
		simCommand(),
		replayCommand(),
		bondsCommand(),
		decodeCommand(),
		verifyCommand(),
		completionCommand(),
	}
}
