package bed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Fence is a temporary home for one CLI process, so that it neither finds nor leaves anything outside. Only the cache,
// into which a CLI unpacks itself, is shared by all fences of a CLI and kept.
type Fence struct {
	cli   CLI
	root  string
	cache string
}

// NewFence makes a fence that is removed at the end of the test. The first one ever for a CLI runs it once, so that it
// unpacks itself.
func NewFence(t T, cli CLI) *Fence {
	t.Helper()
	fence, err := newFence(cli)
	if err != nil {
		t.Fatalf("a fence for %s: %v", cli.Name, err)
	}
	t.Cleanup(fence.remove)
	if err := fence.warm(); err != nil {
		t.Fatalf("cannot warm the cache of %s: %v", cli.Path, err)
	}
	return fence
}

func newFence(cli CLI) (*Fence, error) {
	folder, err := cliFolder()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "copilot-fence-")
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	fence := &Fence{cli: cli, root: root, cache: filepath.Join(folder, cli.Name, "cache")}
	if err := fence.furnish(); err != nil {
		fence.remove()
		return nil, err
	}
	return fence, nil
}

// furnish makes the folders. The packages' folder of each place where a CLI keeps its state is the cache's.
func (f *Fence) furnish() error {
	folders := []string{filepath.Join(f.cache, "pkg")}
	for _, folder := range []string{"home", "config", "state/.copilot", "copilot", "work", "tmp"} {
		folders = append(folders, filepath.Join(f.root, folder))
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	for _, state := range []string{"state/.copilot/pkg", "copilot/pkg"} {
		if err := os.Symlink(filepath.Join(f.cache, "pkg"), filepath.Join(f.root, state)); err != nil {
			return err
		}
	}
	return nil
}

// warm runs the CLI once with an input that is over, under a file lock: two that unpack at once disturb each other.
func (f *Fence) warm() error {
	lock, err := os.Create(filepath.Join(f.cache, "lock"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	warm := filepath.Join(f.cache, "warm")
	if _, err := os.Stat(warm); err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, f.cli.Path, "--headless", "--no-auto-update", "--no-auto-login", "--stdio")
	command.Env = f.Env()
	command.Dir = f.Workdir()
	if err := command.Run(); err != nil {
		return fmt.Errorf("it ended with %w", err)
	}
	return os.WriteFile(warm, nil, 0o644)
}

// Env is the whole environment of the CLI, "NAME=value" each.
func (f *Fence) Env() []string {
	path := os.Getenv("PATH")
	if path == "" {
		path = "/usr/local/bin:/usr/bin:/bin"
	}
	inside := func(folder string) string { return filepath.Join(f.root, folder) }
	return []string{
		"PATH=" + path,
		"HOME=" + inside("home"),
		"XDG_CACHE_HOME=" + f.cache,
		"XDG_CONFIG_HOME=" + inside("config"),
		"XDG_STATE_HOME=" + inside("state"),
		"COPILOT_HOME=" + inside("copilot"),
		"TMPDIR=" + inside("tmp"),
		"LANG=C.UTF-8",
		"NO_PROXY=127.0.0.1,localhost",
	}
}

// Workdir is an empty folder for a session to work in.
func (f *Fence) Workdir() string { return filepath.Join(f.root, "work") }

// WorkdirFor is a new folder below Workdir, for one of many sessions.
func (f *Fence) WorkdirFor(t T, name string) string {
	t.Helper()
	folder := filepath.Join(f.Workdir(), name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatalf("%v", err)
	}
	return folder
}

// remove is tried more than once: a CLI that is still going may add a file meanwhile.
func (f *Fence) remove() {
	for range 3 {
		if os.RemoveAll(f.root) == nil {
			return
		}
	}
}
