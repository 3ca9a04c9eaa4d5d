package workloads

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// figures are what a workload adds to the line.
type figures map[string]any

// meter is a section that is being measured.
type meter struct {
	wall    time.Time
	cpu     time.Duration
	rssBase int
}

// startMeter begins a section; the memory's high-water mark begins anew with it.
func startMeter() meter {
	// A system without the file measures the peak since the program's start.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return meter{rssBase: statusKB("VmRSS:"), cpu: cpuTime(), wall: time.Now()}
}

// stop ends the section and returns its figures, and those given beside them.
func (m meter) stop(n int, more figures) figures {
	wall, cpu := time.Since(m.wall), cpuTime()-m.cpu
	result := figures{
		"n": n, "wall_s": wall.Seconds(), "cpu_s": cpu.Seconds(),
		"rss_base_kb": m.rssBase, "rss_peak_kb": statusKB("VmHWM:"),
	}
	for name, value := range more {
		result[name] = value
	}
	return result
}

// connected is the time from this program's exec, which BENCH_EXEC_NS tells, to now.
func connected() (figures, error) {
	now := clockNS()
	exec, err := strconv.ParseInt(os.Getenv("BENCH_EXEC_NS"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("connect needs BENCH_EXEC_NS: %w", err)
	}
	return figures{"n": 1, "wall_s": float64(now-exec) / 1e9, "rss_peak_kb": statusKB("VmHWM:")}, nil
}

// percentiles are the median and the upper ends of times in nanoseconds, in microseconds.
func percentiles(times []int64) figures {
	slices.Sort(times)
	result := figures{}
	for name, percent := range map[string]int{"p50_us": 50, "p90_us": 90, "p99_us": 99} {
		if at := len(times) * percent / 100; at < len(times) {
			result[name] = float64(times[at]) / 1e3
		}
	}
	return result
}

// clockNS is the clock that the mock stamps its events with; Go's own does not show its value.
func clockNS() int64 {
	const clockMonotonic = 1
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func statusKB(key string) int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "\n"+key)
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kilobytes, _ := strconv.Atoi(value)
	return kilobytes
}
