package schema

// width is the size of an enumeration or of flags.
func width() object { return oneOf("uint16", "uint24", "uint32", "uint64", "uint8") }

func (w *writer) enums() object {
	return only([]string{"values"}, object{
		"doc": text, "ref": scalar, "width": width(), "values": each(number), "text": each(scalar),
		"otherwise": described("what an unknown value is answered with, or keep", text),
	})
}

func (w *writer) flags() object {
	place := either(number, text)
	return only([]string{"bits"}, object{
		"doc": text, "ref": scalar, "width": width(), "reserved": oneOf("keep", "reject", "zero"),
		"bits": each(either(place, only([]string{"bits"}, object{"bits": place, "doc": text}))),
	})
}

func (w *writer) pdus() object {
	field := object{
		"name": text, "type": text, "range": text, "otherwise": text, "unit": text, "doc": text,
		"length": width(), "count": width(), "item": text, "of": object{"type": "array"},
	}
	return only([]string{"code"}, object{
		"code": number, "family": text, "ref": scalar, "sent_by": w.role(), "doc": text,
		"fields": list(only([]string{"name"}, field)), "examples": list(text),
	})
}

func (w *writer) association() object {
	exception := only([]string{"if", "result"}, object{"if": text, "result": text})
	return only([]string{"result", "rows", "columns", "grids"}, object{
		"result": ref("enum"), "rows": each(ref("enum")), "columns": each(ref("enum")), "inputs": list(text),
		"grids": each(only([]string{"columns", "rows"}, object{
			"doc": text, "ref": scalar, "exceptions": list(exception), "columns": list(text), "rows": each(list(text)),
		})),
	})
}

func (w *writer) slot() object {
	span := described("a range such as 0..19, or a type", either(ref("type"), object{"type": "string", "pattern": "^[0-9]"}))
	return either(span, only(nil, object{"type": ref("type"), "range": text, "doc": text}))
}

func (w *writer) guards() object {
	return either(described("an expression", scalar), only([]string{"opaque"}, object{
		"opaque": described("what Go code answers, in words", text), "doc": text, "ref": scalar,
		"needs": list(text), "makes": list(text), "reads": list(text),
	}))
}

func (w *writer) effects() object {
	return only(nil, object{
		"doc": text, "ref": scalar, "arg": ref("type"), "only_in": list(ref("inner")), "with": list(ref("effect")), "needs": list(text),
	})
}

func (w *writer) actions() object {
	return only(nil, object{
		"doc": text, "ref": scalar, "needs": list(text), "makes": list(text), "sets": list(text), "reads": list(text), "clears": oneOf("all"),
		"gives": each(described("the values that a variable can get, or the grid that they come from", either(text, list(text)))),
	})
}

func (w *writer) macros() object {
	return only(nil, object{
		"doc": text, "arg": ref("enum"), "default": text, "send": list(ref("pdu")), "emit": list(ref("effect")), "goto": ref("state"),
		"defer": truth, "unreachable": truth, "ignore": truth,
	})
}

func (w *writer) timers() object {
	some := either(ref("event"), list(ref("event")))
	return only([]string{"after", "fires"}, object{
		"after": text, "fires": ref("event"), "doc": text, "ref": scalar, "restart_sent": some, "restart_except": some,
		"restart_received": some, "required_for": either(text, list(oneOf("controller", "peer", "user"))),
	})
}

func (w *writer) properties() object {
	words := either(text, list(text))
	return only([]string{"doc", "never"}, object{
		"doc": described("the promise in plain words", text), "ref": scalar, "in": words, "event": words, "if": text,
		"without": described("facts that do not hold yet", words), "never": described("states, effects and PDUs that the promise excludes", words),
	})
}
