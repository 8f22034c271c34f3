"""What BigCodeBench replaces in os and subprocess before a program runs.

The official environment is permissive: processes may be started, but signals to others are withheld, commands that
mention "kill" or "ps" are answered without running, and every replacement reports itself on standard output. Tests that
capture standard output or mock these functions see all of that, so texts and call chains are kept. The official list of
started processes lives in a manager process; a plain list shows no difference to the program.
"""
import os
import signal
import subprocess


def replace_functions():
    """Installs the wrappers around os and subprocess; nothing restores them, the process ends after its one job."""
    real = {name: getattr(os, name) for name in ("kill", "killpg", "system", "popen")}
    real_call, real_check_output, real_run = subprocess.call, subprocess.check_output, subprocess.run
    own_process = os.getpid()
    own_group = os.getpgid(own_process)
    started = []

    def kill(pid, sig):
        try:
            os.getpgid(pid)
        except ProcessLookupError:
            return
        if pid == own_process or pid in started:
            try:
                real["kill"](pid, sig)
            except ProcessLookupError:
                pass
        else:
            print(f"Prevented attempt to kill PID {pid} with signal {sig}")

    def killpg(pgid, sig):
        if pgid == own_group or pgid in {os.getpgid(pid) for pid in started}:
            real["killpg"](pgid, sig)
        else:
            print(f"Prevented attempt to kill PGID {pgid} with signal {sig}")

    def system(command):
        print(f"Intercepted system command: {command}")
        return 0 if _kills(command) else real["system"](command)

    def popen(command):
        print(f"Intercepted os.popen command: {command}")
        return os.popen("echo Intercepted") if _kills(command) else real["popen"](command)

    def execute(*arguments, **keywords):
        print(f"Intercepted exec command: {arguments}")

    def call(command, *arguments, **keywords):
        print(f"Intercepted subprocess call: {command}")
        return 0 if _kills(command) else real_call(command, *arguments, **keywords)

    def check_output(command, *arguments, **keywords):
        print(f"Intercepted command: {command}")
        return b"" if "ps" in command else real_check_output(command, *arguments, **keywords)

    def run(*arguments, **keywords):
        print(f"Intercepted subprocess run command: {arguments}")
        if _kills(arguments[0]):
            return subprocess.CompletedProcess(arguments, 0, b"", b"")
        return real_run(*arguments, **keywords)

    class SafePopen(subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            print(f"Intercepted Popen command: {arguments}")
            keywords["preexec_fn"] = os.setsid
            super().__init__(*arguments, **keywords)
            started.append(self.pid)

        def communicate(self, *arguments, **keywords):
            try:
                return super().communicate(*arguments, **keywords)
            except subprocess.TimeoutExpired:
                print("Timeout expired, intercepted and returning None")
                return None, None

        def kill(self):
            print(f"Intercepted kill call for PID {self.pid}")
            kill(self.pid, signal.SIGTERM)

        def terminate(self):
            print(f"Intercepted terminate call for PID {self.pid}")
            kill(self.pid, signal.SIGTERM)

    os.kill, os.killpg, os.system, os.popen = kill, killpg, system, popen
    os.execv = os.execvp = os.execvpe = execute
    subprocess.call, subprocess.check_output = call, check_output
    # The outermost layer keeps the output of started processes off our streams. It makes Popen a function, which programs
    # that subclass it notice.
    subprocess.Popen, subprocess.run = _with_pipes(SafePopen), _with_pipes(run)


def _kills(command):
    return "kill" in command or "killall" in command


def _with_pipes(start):
    def started(*arguments, **keywords):
        if keywords.get("capture_output"):
            keywords.pop("stdout", None)
            keywords.pop("stderr", None)
        else:
            keywords.setdefault("stdout", subprocess.PIPE)
            keywords.setdefault("stderr", subprocess.PIPE)
        return start(*arguments, **keywords)

    return started
