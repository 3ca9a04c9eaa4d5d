package examples

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"unsafe"
)

// terminal is a program under a pseudo-terminal.
type terminal struct {
	*output
	side    *os.File
	process *exec.Cmd
	drained chan struct{}
}

func onTerminal(t *testing.T, command *exec.Cmd) *terminal {
	t.Helper()
	side, other, err := pseudoTerminal()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdin, command.Stdout, command.Stderr = other, other, other
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	term := &terminal{output: newOutput(), side: side, process: command, drained: make(chan struct{})}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	other.Close()
	go func() {
		defer close(term.drained)
		// It fails when the last process has closed its side.
		_, _ = side.WriteTo(term.output)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = side.Close()
		<-term.drained
	})
	return term
}

// pseudoTerminal is a pair: ours, and the program's.
func pseudoTerminal() (side, other *os.File, err error) {
	side, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var locked, number int32
	if err := control(side, syscall.TIOCSPTLCK, &locked); err != nil {
		return nil, nil, err
	}
	if err := control(side, syscall.TIOCGPTN, &number); err != nil {
		return nil, nil, err
	}
	other, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return side, other, err
}

func control(file *os.File, request uintptr, value *int32) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var number syscall.Errno
	err = raw.Control(func(descriptor uintptr) {
		_, _, number = syscall.Syscall(syscall.SYS_IOCTL, descriptor, request, uintptr(unsafe.Pointer(value)))
	})
	if err == nil && number != 0 {
		err = number
	}
	return err
}

// types types something; "\x03" is Ctrl-C, and "\x04" at the beginning of a line the end of the input.
func (term *terminal) types(t *testing.T, text string) {
	t.Helper()
	if _, err := term.side.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// ends fails unless the program ends of itself, with status 0 and without a word of Go's about it.
func (term *terminal) ends(t *testing.T) {
	t.Helper()
	if exit := status(t, term.process); exit != 0 {
		t.Errorf("status %d: %q", exit, term)
	}
}
