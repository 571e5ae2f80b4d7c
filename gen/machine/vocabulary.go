package machine

// vocabulary resolves what the rules are made of: roles, events, slots, guards,
// actions, effects, macros and timers. Targets of macros wait for the states.
func (r *resolver) vocabulary() {
	for i, n := range r.spec.Roles {
		if r.declare("role", "role", n) {
			r.roles[n.Text] = i
		}
		r.m.Roles = append(r.m.Roles, n.Text)
	}
	r.eventsAndGroups()
	r.allSlots()
	r.allGuards()
	for i, a := range r.spec.Actions {
		r.declare("method", "action", a.Name)
		action := &Action{ID: i, Name: a.Name.Text, Spec: a}
		for _, n := range a.Sets {
			if slot, ok := r.variable(n); ok {
				action.Sets = append(action.Sets, slot)
			}
		}
		r.reads(a.Reads)
		r.gives(action)
		r.actions[a.Name.Text] = action
		r.m.Actions = append(r.m.Actions, action)
	}
	for i, e := range r.spec.Effects {
		r.declare("effect", "effect", e.Name)
		effect := &Effect{ID: i, Name: e.Name.Text, Spec: e}
		if e.Arg.Text != "" {
			effect.Arg = r.typeOf(e.Arg)
		}
		r.effects[e.Name.Text] = effect
		r.m.Effects = append(r.m.Effects, effect)
	}
	for _, e := range r.spec.Effects {
		for _, n := range e.With {
			find(r, "effect", r.effects, n)
		}
	}
	r.allMacros()
	r.allTimers()
}
