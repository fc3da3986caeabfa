package kuiper

import (
	"os/exec"
	"runtime"
	"syscall"
)

// StartTied starts a process that does not outlive this one: the kernel ends it when this program dies, whatever it
// dies of. PR_SET_PDEATHSIG goes by the thread, so the thread that starts the process is kept until then has returned;
// then waits for the process to end. It is not called when the start fails.
func StartTied(cmd *exec.Cmd, then func()) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			then()
		}
	}()
	return <-started
}
