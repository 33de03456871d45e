#include "agent/supervision/task_log.h"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace longship {

std::string tailOf(const std::filesystem::path& log, std::size_t bytesMax) {
    std::ifstream file(log, std::ios::binary);
    if (!file) {
        return {};
    }
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
    const std::size_t begin = size - std::min(size, bytesMax);
    file.seekg(static_cast<std::streamoff>(begin));
    std::string tail(size - begin, '\0');
    file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    tail.resize(static_cast<std::size_t>(file.gcount()));
    if (begin > 0) {
        // The first line was cut somewhere; a log of one endless line is kept as it is.
        const std::size_t lineEnd = tail.find('\n');
        tail.erase(0, lineEnd == std::string::npos ? 0 : lineEnd + 1);
    }
    return tail;
}

void trimLog(const std::filesystem::path& log, std::size_t bytesMax) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(log, error);
    if (error || size <= bytesMax) {
        return;
    }
    const std::string tail = tailOf(log);
    // The writer appends: after the cut its next line lands at the new end.
    std::filesystem::resize_file(log, 0, error);
    std::ofstream(log, std::ios::binary | std::ios::app) << "(earlier lines were dropped)\n" << tail;
}

}  // namespace longship
