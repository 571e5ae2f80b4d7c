package verify

// The reasons why no setup takes a row.
const (
	numbered = "a timeout that was queued when its timer stopped has an old number, and is dropped before the table"
	ordered  = "no controller tells of a link that it has said is gone"
)

// untaken are the rows that no setup can take while the driver keeps its
// promises, by a cell that they decide.
var untaken = map[string]string{
	"initiator: Idle on Timeout":            numbered,
	"responder: Idle on Timeout":            numbered,
	"initiator: Closed on PairingRequest":   ordered,
	"responder: Closed on PairingRequest":   ordered,
	"responder: Closed on LTKRequest":       ordered,
	"initiator: Closed on EncryptionOn":     ordered,
	"responder: Closed on EncryptionOn":     ordered,
	"initiator: Closed on EncryptionOff":    ordered,
	"responder: Closed on EncryptionOff":    ordered,
	"initiator: Closed on EncryptionFailed": ordered,
	"responder: Closed on EncryptionFailed": ordered,
	"initiator: Closed on Disconnected":     ordered,
	"responder: Closed on Disconnected":     ordered,
}
