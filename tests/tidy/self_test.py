#!/usr/bin/env python3
"""Does tidy find what it is for? Each test writes a small tree with one fault and looks for the finding."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from includes import Law  # noqa: E402
from sizes import functions_of  # noqa: E402
from source import Finding, blank_comments  # noqa: E402
from tidy import apply_exceptions, check_tree  # noqa: E402

LAW = Path(__file__).resolve().parent / "law.toml"
TOOL_NAME = "longship_library"


def rules_broken(files, exceptions=()):
    """The rules that the tree of {path: text} breaks, as a sorted list."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        law = Law.load(LAW)
        law.exceptions = list(exceptions)
        return sorted(finding.rule for finding in check_tree(root, law))


def header(text=""):
    return "#pragma once\n" + text


class IncludeLaw(unittest.TestCase):
    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual([], rules_broken({
            "core/base/ids.h": header("#include <tl/expected.hpp>\n#include <string>\n#include <sys/stat.h>\n"),
            "core/domain/job.h": header('#include "core/base/ids.h"\n'),
            "core/domain/job.cpp": '#include "core/domain/job.h"\n\n#include <yaml-cpp/yaml.h>\n',
            "tests/core/domain/job_test.cpp": '#include "core/domain/job.h"\n#include <gtest/gtest.h>\n'}))

    def test_a_lower_folder_must_not_know_a_higher_one(self):
        self.assertEqual(["include-law"], rules_broken({
            "core/domain/job.h": header(), "core/base/x.cpp": '#include "core/domain/job.h"\n'}))

    def test_what_a_used_folder_uses_may_be_included(self):
        self.assertEqual([], rules_broken({
            "core/base/ids.h": header(), "core/protocol/x.cpp": '#include "core/base/ids.h"\n'}))

    def test_torch_stays_in_training(self):
        self.assertEqual([], rules_broken({"core/training/x.cpp": "#include <torch/nn.h>\n"}))
        self.assertEqual(["include-law"], rules_broken({"agent/worker/x.cpp": "#include <torch/nn.h>\n"}))

    def test_a_header_must_not_bring_a_library_along(self):
        tree = {"core/transport/zmq/socket.h": header("#include <zmq.hpp>\n"),
                "core/transport/mesh.h": header('#include "core/transport/zmq/socket.h"\n'),
                "core/transport/zmq/socket.cpp": '#include "core/transport/zmq/socket.h"\n'}
        self.assertEqual(["include-law"], rules_broken(tree), "mesh.h is outside of the wrapping folder")
        del tree["core/transport/mesh.h"]
        self.assertEqual([], rules_broken(tree))

    def test_core_and_agent_know_no_qt(self):
        for include in ("QString", "QtCore/QString", "qglobal.h"):
            self.assertEqual(["include-law"], rules_broken({"core/client/x.cpp": f"#include <{include}>\n"}))

    def test_tests_may_not_go_round_the_table(self):
        self.assertEqual(["include-law"], rules_broken({"tests/core/domain/x.cpp": "#include <zmq.hpp>\n"}))

    def test_an_unknown_library_is_a_finding(self):
        self.assertEqual(["include-law"], rules_broken({"core/base/x.cpp": "#include <boost/asio.hpp>\n"}))

    def test_a_path_that_is_not_from_the_root_is_a_finding(self):
        self.assertEqual(["include-law"], rules_broken({
            "core/base/ids.h": header(), "core/base/x.cpp": '#include "ids.h"\n'}))

    def test_a_folder_that_the_table_lacks_is_a_finding(self):
        self.assertEqual(["include-law"], rules_broken({"core/unheard_of/x.cpp": ""}))

    def test_protocol_has_no_clock_thread_socket_or_file(self):
        for include in ("thread", "sys/socket.h", "fstream"):
            self.assertEqual(["include-law"], rules_broken({"core/protocol/x.cpp": f"#include <{include}>\n"}))

    def test_a_commented_include_does_not_count(self):
        self.assertEqual([], rules_broken({"core/base/x.cpp": "// #include <torch/nn.h>\n"}))

    def test_targets_may_link_no_more_than_the_table_allows(self):
        line = f"{TOOL_NAME}(base core/base WRAPS sodium)\n"
        self.assertEqual([], rules_broken({"CMakeLists.txt": line}))
        line += f"{TOOL_NAME}(domain core/domain USES base client WRAPS torch)\n"
        self.assertEqual(["target-law", "target-law"], rules_broken({"CMakeLists.txt": line}))


class Shapes(unittest.TestCase):
    def test_own_header_first(self):
        tree = {"core/base/x.h": header(), "core/base/x.cpp": '#include <string>\n\n#include "core/base/x.h"\n'}
        self.assertEqual(["own-header-first"], rules_broken(tree))

    def test_pragma_once(self):
        self.assertEqual(["pragma-once"], rules_broken({"core/base/x.h": "#include <string>\n"}))
        self.assertEqual(["pragma-once"], rules_broken({"core/base/x.h": ""}))

    def test_long_lines(self):
        self.assertEqual(["line-length"], rules_broken({"core/base/x.cpp": "// " + "x" * 108 + "\n"}))
        self.assertEqual([], rules_broken({"core/base/x.cpp": "// " + "ä" * 107 + "\n"}))

    def test_long_files(self):
        self.assertEqual(["file-size"], rules_broken({"core/base/x.cpp": "\n" * 801}))
        self.assertEqual([], rules_broken({"core/base/x.cpp": "\n" * 800}))

    def test_long_functions(self):
        body = "    work();\n"
        self.assertEqual(["function-size"], rules_broken({"core/base/x.cpp": "void f() {\n" + body * 69 + "}\n"}))
        self.assertEqual([], rules_broken({"core/base/x.cpp": "void f() {\n" + body * 68 + "}\n"}))

    def test_functions_are_found_with_their_lines(self):
        code = """\
namespace longship {
enum class Kind { A, B };
constexpr std::array kTable{1, 2, 3};
#define TRY(x) \\
    do { (void)(x); } while (false)
struct Point : Base<int(int)> {
public:
    Point(int x, int y)
        : m_x{x}, m_y(y) {
        check();
    }
    int x() const { return m_x; }
    auto operator<=>(const Point&) const = default;
};
std::vector<int> Point::all(int n) const {
    for (int i = 0; i < n; ++i) {
        use([&] {
            return i;
        });
    }
    return {1, 2};
}
static const std::map<int, int> kMap = {{1, f(2)}, {3, 4}};
TEST(Name, Of) {
}
}  // namespace longship
"""
        self.assertEqual([("Point()", 8, 11), ("x()", 12, 12), ("Point::all()", 15, 22), ("TEST()", 24, 25)],
                         list(functions_of(code)))

    def test_comments_and_strings_are_blanked(self):
        text = 'a("// no"); // yes\nb(R"(/* no)"); /* c\nd */ 1\'000; \'"\';'
        self.assertEqual(text.count("\n"), blank_comments(text, keep_strings=False).count("\n"))
        self.assertIn("// no", blank_comments(text, keep_strings=True))
        for gone in ("yes", "d */", "no"):
            self.assertNotIn(gone, blank_comments(text, keep_strings=False))


class Words(unittest.TestCase):
    def find(self, path, text):
        return rules_broken({path: text})

    def test_each_word_is_found_where_it_is_forbidden_and_nowhere_else(self):
        for rule, bad, path, free in [
                ("no-cout", "void f() { std::cout << 1; }", "core/base/x.cpp", "app/cli/x.cpp"),
                ("no-sleep", "void f() { std::this_thread::sleep_for(t); }", "tests/core/base/x.cpp", None),
                ("no-sleep", "void f() { ::sleep(1); }", "agent/daemon/x.cpp", "tests/support/x.cpp"),
                ("no-system-clock", "auto t = std::chrono::system_clock::now();", "app/cli/x.cpp", "core/base/x.cpp"),
                ("pure-time", "auto t = BootClock::now();", "core/protocol/x.cpp", "core/transport/x.cpp"),
                ("no-getenv", 'auto v = std::getenv("A");', "core/client/x.cpp", "app/cli/main.cpp"),
                ("no-detach", "void f() { thread.detach(); }", "core/client/x.cpp", "core/training/x.cpp")]:
            with self.subTest(rule=rule, bad=bad):
                self.assertEqual([rule], self.find(path, bad + "\n"))
                self.assertEqual([], self.find(path, "// " + bad + "\n"), "a comment may name it")
                if free:
                    self.assertEqual([], self.find(free, bad + "\n"))

    def test_open_ends(self):
        self.assertEqual(["no-fixme"], self.find("core/base/x.cpp", "// FIXME: later\n"))
        self.assertEqual(["todo-reason"], self.find("core/base/x.cpp", "// TODO\n"))
        self.assertEqual([], self.find("core/base/x.cpp", "// TODO: waits for ZeroMQ 4.4\n"))
        self.assertEqual(["not-implemented"], self.find("app/cli/x.cpp", 'auto s = "Not yet implemented";\n'))

    def test_paths_of_one_machine(self):
        for path in ("/ho" + "me/user/longship", "/ro" + "ot/build"):
            self.assertEqual(["machine-path"], self.find("resources/x.cmake", f"set(A {path})\n"))
        self.assertEqual([], self.find("resources/x.cmake", "set(A ${X}/root/build)\n"))


class Documents(unittest.TestCase):
    def test_one_title(self):
        self.assertEqual([], rules_broken({"README.md": "# Title\n\n```\n# a comment\n```\n## Part\n"}))
        self.assertEqual(["one-title"], rules_broken({"README.md": "# One\n\n# Two\n"}))
        self.assertEqual(["one-title"], rules_broken({"README.md": "Text\n"}))

    def test_links(self):
        tree = {"README.md": "# T\n[a](core/README.md) [b](core/README.md#the-part) [c](https://x.org/y) [d](core)\n",
                "core/README.md": "# C\n## The part\n"}
        self.assertEqual([], rules_broken(tree))
        tree["app/README.md"] = "# A\n[a](core/README.md) [b](../core/README.md#no-part)\n`[c](nowhere)`\n"
        self.assertEqual(["dead-link", "dead-link"], rules_broken(tree))


class Exceptions(unittest.TestCase):
    FINDING = Finding("core/x.cpp", 1, "90 lines", "function-size", 90)

    def left(self, **exception):
        entry = {"file": "core/x.cpp", "rule": "function-size", "why": "a table", **exception}
        return [finding.rule for finding in apply_exceptions([self.FINDING], [entry])]

    def test_an_exception_covers_its_file_and_rule(self):
        self.assertEqual([], self.left(limit=90))

    def test_it_covers_no_more_than_its_limit(self):
        self.assertEqual(["function-size"], self.left(limit=89))

    def test_the_list_only_shrinks(self):
        self.assertEqual(["exception"], self.left(limit=91))
        self.assertEqual(["function-size", "exception"], self.left(file="core/gone.cpp", limit=90))

    def test_it_gives_a_reason(self):
        self.assertEqual(["exception"], self.left(limit=90, why=""))


if __name__ == "__main__":
    unittest.main()
