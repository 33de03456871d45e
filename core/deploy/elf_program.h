#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace longship {

/// What a program's file says about itself (elf(5)).
struct ElfProgram {
    std::string architecture;  ///< As `uname -m` says it: "x86_64".
    std::filesystem::path loader;
};

/// NotFound when there is no such file, BadInput for what is no dynamically linked program of 64 bits.
Result<ElfProgram> readElf(const std::filesystem::path& program);

/// The part of such a program that the loader maps: without symbols for debuggers, which are most of a build
/// for developers. Errors as readElf().
Result<std::string> loadedImage(const std::filesystem::path& program);

}  // namespace longship
