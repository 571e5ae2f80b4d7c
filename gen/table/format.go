package table

import "fmt"

// FormatError says why octets are not the PDU that they were taken for.
type FormatError struct {
	PDU     string // the PDU's name; "" where the code is unknown
	Field   string // the first field that is wrong; "" for the PDU as a whole
	Problem string
	Code    uint16 // the PDU's code
	Answer  uint8  // what the specification answers a bad value with; 0 for none
}

// Error names the PDU and the field.
func (e *FormatError) Error() string {
	switch {
	case e.PDU == "":
		return fmt.Sprintf("code 0x%02x: %s", e.Code, e.Problem)
	case e.Field == "":
		return fmt.Sprintf("%s: %s", e.PDU, e.Problem)
	}
	return fmt.Sprintf("%s: %s: %s", e.PDU, e.Field, e.Problem)
}
