#include "core/deploy/elf_program.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <vector>

namespace longship {
namespace {

// No program of ours comes near it; a size beyond it is nonsense.
constexpr std::uint64_t kImageBytesMax = std::uint64_t{1} << 30;

tl::unexpected<Error> notElf(const std::filesystem::path& program) {
    return failure(ErrorKind::BadInput,
                   fmt::format("{} is not a dynamically linked program of 64 bits.", program.string()));
}

template <typename T>
bool readAt(std::ifstream& file, std::uint64_t offset, T& value) {
    file.seekg(static_cast<std::streamoff>(offset));
    return static_cast<bool>(file.read(reinterpret_cast<char*>(&value), sizeof value));
}

struct Headers {
    Elf64_Ehdr file{};
    std::vector<Elf64_Phdr> segments;
};

Result<Headers> readHeaders(std::ifstream& file, const std::filesystem::path& program) {
    if (!file) {
        return failure(ErrorKind::NotFound,
                       fmt::format("The program {} is missing: install Longship again, or build all of it.",
                                   program.string()));
    }
    Headers headers;
    if (!readAt(file, 0, headers.file) || std::memcmp(headers.file.e_ident, ELFMAG, SELFMAG) != 0 ||
        headers.file.e_ident[EI_CLASS] != ELFCLASS64) {
        return notElf(program);
    }
    for (unsigned index = 0; index < headers.file.e_phnum; ++index) {
        Elf64_Phdr segment{};
        if (!readAt(file, headers.file.e_phoff + std::uint64_t{index} * headers.file.e_phentsize, segment)) {
            return notElf(program);
        }
        headers.segments.push_back(segment);
    }
    return headers;
}

}  // namespace

Result<ElfProgram> readElf(const std::filesystem::path& program) {
    std::ifstream file(program, std::ios::binary);
    LONGSHIP_ASSIGN(const Headers headers, readHeaders(file, program));
    ElfProgram elf;
    elf.architecture = headers.file.e_machine == EM_X86_64    ? "x86_64"
                       : headers.file.e_machine == EM_AARCH64 ? "aarch64"
                                                              : "";
    for (const Elf64_Phdr& segment : headers.segments) {
        std::array<char, 256> loader{};
        if (segment.p_type == PT_INTERP && segment.p_filesz < loader.size() &&
            readAt(file, segment.p_offset, loader)) {
            elf.loader = std::string(loader.data(), segment.p_filesz).c_str();
        }
    }
    if (elf.architecture.empty() || elf.loader.empty()) {
        return notElf(program);
    }
    return elf;
}

Result<std::string> loadedImage(const std::filesystem::path& program) {
    std::ifstream file(program, std::ios::binary);
    LONGSHIP_ASSIGN(Headers headers, readHeaders(file, program));
    std::uint64_t end = headers.file.e_phoff + std::uint64_t{headers.file.e_phnum} * headers.file.e_phentsize;
    for (const Elf64_Phdr& segment : headers.segments) {
        end = std::max(end, segment.p_filesz == 0 ? 0 : segment.p_offset + segment.p_filesz);
    }
    if (end > kImageBytesMax) {
        return notElf(program);
    }
    std::string image(end, '\0');
    file.seekg(0);
    if (!file.read(image.data(), static_cast<std::streamsize>(end))) {
        return notElf(program);
    }
    // The list of sections is for linkers and debuggers, and lies behind the end.
    headers.file.e_shoff = 0;
    headers.file.e_shnum = 0;
    headers.file.e_shstrndx = SHN_UNDEF;
    std::memcpy(image.data(), &headers.file, sizeof headers.file);
    return image;
}

}  // namespace longship
