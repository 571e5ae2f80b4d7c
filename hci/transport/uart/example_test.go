package uart_test

import (
	"errors"
	"fmt"
	"log"

	"blesmp/hci/transport/uart"
)

// A line is opened, or the error says what is in the way.
func ExampleOpen() {
	line, err := uart.Open("/dev/ttyNoSuchBoard", uart.Config{Baud: 115200})
	switch {
	case errors.Is(err, uart.ErrNotFound):
		fmt.Println("is the board plugged in?")
	case err != nil:
		log.Print(err)
	default:
		_ = line.Close() // or transport.NewUART(line)
	}
	// Output: is the board plugged in?
}
