//go:build unix

package library

import "syscall"

// standBack lowers the priority of a process. Where the system refuses, the process is as quick as others.
func standBack(pid, nice int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, nice) }
