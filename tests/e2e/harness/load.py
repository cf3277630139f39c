"""waymark-load, run beside a test."""

import json

from harness.process import Process, program


class Load(Process):
    def __init__(self, folder, name, target, *arguments):
        command = [program("waymark-load"), "--target", target, "--json", "--quiet", "--announce", *arguments]
        super().__init__(folder, name, command)

    def wait_measuring(self):
        self.wait_for_line("window_start")

    def result(self, within=60):
        """(exit code, the summary)."""
        code = self.wait_exit(within)
        return code, json.loads(self.stdout.splitlines()[-1])
