package mutate

import (
	"context"
	"strings"

	"blesmp/gen/table"
	"blesmp/smp/smptest/model"
)

// Look shows any table to one of the means that need nothing but a table:
// Transcripts, Grids, Sequences, Model or Conformance. It gives what they have
// seen, "" for nothing.
func (j *Judge) Look(ctx context.Context, means string, t *table.Table) string {
	switch means {
	case Transcripts:
		return j.replay(t)
	case Grids:
		return strings.Join(model.Capabilities(t), "\n")
	case Sequences:
		return j.playSequences(t)
	case Model:
		return j.playModel(t)
	case Conformance:
		return conform(ctx, t)
	}
	return ""
}
