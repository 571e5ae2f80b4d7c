package main

// commands are all that smp can do, in the order of help.
func commands() []command {
	return []command{
		scanCommand(),
		pairCommand(),
		peripheralCommand(),
		controllerCommand(),
		simCommand(),
		conformanceCommand(),
		replayCommand(),
		mutateCommand(),
		benchCommand(),
		bondsCommand(),
		decodeCommand(),
		verifyCommand(),
		completionCommand(),
	}
}
