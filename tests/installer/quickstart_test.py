#!/usr/bin/env python3
"""What quickstart.sh says about the machine: bash reads its functions in, with stand-ins for the tools they ask."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "installer" / "quickstart.sh"
GB = 1048576  # In the kilobytes of df.


class Machine:
    """A folder with a home, a source tree without content, and tools that answer what the test wants."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="longship-quickstart-")
        self.path = pathlib.Path(self.folder.name)
        for part in ("home", "tools", "source/installer"):
            (self.path / part).mkdir(parents=True)
        self.tool("source/installer/packages.sh", "true")

    def tool(self, name, body):
        file = self.path / name
        file.write_text(f"#!/bin/bash\n{body}\n")
        file.chmod(0o755)

    def free(self, gigabytes):
        self.tool("tools/df", "echo Filesystem 1024-blocks Used Available Capacity Mounted\n"
                              f"echo /dev/a 99 9 {90 * GB} 1% /usr\n"
                              f"echo /dev/b 99 9 {int(gigabytes * GB)} 1% /var")

    def blas(self, library):
        file = self.path / library
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        link = self.path / "libblas.so.3"
        link.symlink_to(file)
        self.tool("tools/ldconfig", f"echo '	libblas.so.3 (libc6,x86-64) => {link}'")

    def run(self, commands):
        preparation = f'. "{SCRIPT}"; setUser; source="{self.path}/source"; build="{self.path}/build"; cores=2; '
        done = subprocess.run(["bash", "-c", preparation + commands], capture_output=True, text=True,
                              env={"PATH": f"{self.path}/tools:{os.environ['PATH']}", "HOME": f"{self.path}/home"})
        return done.returncode, done.stdout + done.stderr


class FreeSpace(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.folder.cleanup)

    def test_below_five_gigabytes_it_stops_before_anything_changes(self):
        self.machine.free(4.9)
        code, text = self.machine.run("plan")
        self.assertEqual(code, 1, text)
        self.assertIn("Stopped: 5 GB must be free, 4 GB are free on /var. Nothing was changed.", text)
        self.assertEqual(list((self.machine.path / "home").iterdir()), [])
        self.assertFalse((self.machine.path / "build").exists())

    def test_with_five_gigabytes_it_goes_on(self):
        self.machine.free(5)
        code, text = self.machine.run("plan")
        self.assertEqual(code, 0, text)
        self.assertIn("5 GB free on /var", text)

    def test_what_is_built_already_needs_no_room(self):
        self.machine.free(1)
        (self.machine.path / "build").mkdir()
        (self.machine.path / "build" / "build.ninja").touch()
        self.machine.tool("tools/ninja", "true")
        code, text = self.machine.run("plan")
        self.assertEqual(code, 0, text)
        self.assertIn("build     all there", text)

    def test_missing_packages_need_room_even_when_it_is_built(self):
        self.machine.free(1)
        (self.machine.path / "build").mkdir()
        (self.machine.path / "build" / "build.ninja").touch()
        self.machine.tool("tools/ninja", "true")
        self.machine.tool("source/installer/packages.sh", "echo libtorch-dev")
        code, text = self.machine.run("plan")
        self.assertEqual(code, 1, text)
        self.assertIn("1 are missing", text)


class Blas(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.folder.cleanup)

    def test_the_reference_blas_is_warned_of_with_the_remedy(self):
        self.machine.blas("lib/blas/libblas.so.3.11.0")
        code, text = self.machine.run("sayBlas")
        self.assertEqual(code, 0, text)
        self.assertIn("Warning: libblas.so.3 is the reference BLAS", text)
        self.assertIn("sudo apt-get install libopenblas0-pthread", text)
        self.assertRegex(text, r"update-alternatives --config libblas\.so\.3-\S+-linux-gnu\n")
        self.assertNotIn("linux-gnu-linux-gnu", text)

    def test_a_fast_one_is_no_news(self):
        for library in ("lib/openblas-pthread/libblas.so.3", "lib/mkl/libblas.so.3", "lib/blis-openmp/libblas.so.3"):
            with self.subTest(library):
                machine = Machine()
                self.addCleanup(machine.folder.cleanup)
                machine.blas(library)
                self.assertEqual(machine.run("sayBlas"), (0, ""))


class Reading(unittest.TestCase):
    def test_the_functions_alone_do_nothing(self):
        machine = Machine()
        self.addCleanup(machine.folder.cleanup)
        self.assertEqual(machine.run("true"), (0, ""))

    def test_an_unknown_argument_is_answered_with_the_usage(self):
        done = subprocess.run(["bash", SCRIPT, "--unknown"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("quickstart.sh --no-open", done.stderr)


if __name__ == "__main__":
    unittest.main()
