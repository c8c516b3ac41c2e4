package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	// programTimeout is how long ffmpeg or ffprobe may take over one file.
	programTimeout = 20 * time.Second
	// programNice is how far they stand back behind what plays.
	programNice = 15
)

// theFile is how a program finds the file that runOn gives it.
const theFile = "/dev/fd/3"

// runOn runs a program on a file, and returns what it wrote, at most most bytes, and what it complained of. The program stands
// back behind what plays, has no environment, and is killed when ctx ends.
func runOn(ctx context.Context, f *os.File, most int64, program string, args ...string) (out []byte, complaint string, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.ExtraFiles = []*os.File{f}
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &limited{&said, 4 << 10}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	standBack(cmd.Process.Pid, programNice)
	out, err = io.ReadAll(io.LimitReader(pipe, most+1))
	if int64(len(out)) > most {
		err = errors.Join(fmt.Errorf("its answer is too long: more than %d bytes", most), cmd.Process.Kill())
	}
	err = errors.Join(err, cmd.Wait())
	return out, strings.TrimSpace(said.String()), err
}

// limited passes on the first left bytes and drops the others.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.w.Write(p[:min(len(p), l.left)])
	l.left -= n
	return len(p), err
}
