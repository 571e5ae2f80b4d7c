package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"blesmp/hci/snoop"
	"blesmp/hci/transport"
)

// createRecording makes the file of a recording. Keys can be read from it, so it
// is for its owner alone.
func createRecording(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}

// recordHCI puts a recorder before a controller. There is no buffer between it
// and the file: whatever ends the process, what passed before is there. The
// function ends the recording and says what went wrong with it.
func recordHCI(link transport.Transport, path string) (*snoop.Tap, func() error, error) {
	file, err := createRecording(path)
	if err != nil {
		return nil, nil, err
	}
	writer, err := snoop.NewWriter(file)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	tap := snoop.NewTap(link, writer, time.Now)
	return tap, func() error {
		if err := errors.Join(tap.Err(), file.Close()); err != nil {
			return fmt.Errorf("recording %s: %w", path, err)
		}
		return nil
	}, nil
}
