package emit

func (e *emitter) tableData() {}
