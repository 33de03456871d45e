#include "core/protocol/incident_text.h"

namespace longship {

std::string hintForExit(std::string_view detail) {
    const auto mentions = [&](std::string_view word) { return detail.find(word) != std::string_view::npos; };
    if (mentions("lack of memory")) {
        return "That machine ran out of memory: other programs there took it, or the model is too large.";
    }
    if (mentions("SIGKILL") || mentions("signal 9")) {
        return "The kernel kills a process like this when memory runs out (see dmesg); a person may have, "
               "too.";
    }
    if (mentions("SIGSEGV") || mentions("SIGABRT") || mentions("SIGILL") || mentions("SIGFPE") ||
        mentions("SIGBUS")) {
        return "The worker crashed; the end of its log may tell where.";
    }
    if (mentions("SIGTERM") || mentions("SIGINT") || mentions("SIGHUP")) {
        return "Somebody or something on that machine asked it to end.";
    }
    return {};
}

}  // namespace longship
