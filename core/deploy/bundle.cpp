#include "core/deploy/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <utility>

#include "core/base/digest.h"
#include "core/deploy/elf_program.h"
#include "core/deploy/program_output.h"

namespace longship {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

/// Name and file of each library that the loader would load for the program.
Result<std::map<std::string, std::filesystem::path>> closureOf(const std::filesystem::path& program,
                                                               const std::filesystem::path& loader) {
    LONGSHIP_ASSIGN(const std::string listing, outputOf({loader.string(), "--list", program.string()}));
    std::map<std::string, std::filesystem::path> libraries{{loader.filename().string(), loader}};
    std::istringstream lines(listing);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::string arrow;
        std::string path;
        words >> name >> arrow >> path;
        if (arrow != "=>") {
            continue;  // the kernel's own, and the loader
        }
        if (path == "not" || !path.starts_with('/')) {
            return failure(ErrorKind::NotFound, fmt::format("{} needs {}, which this machine does not have.",
                                                            program.string(), name));
        }
        libraries[name] = path;
    }
    return libraries;
}

std::string launcherOf(const std::string& program, const std::filesystem::path& loader) {
    return fmt::format(
        "#!/bin/sh\n"
        "# What the node has set for its own libraries must not reach ours.\n"
        "unset LD_PRELOAD LD_LIBRARY_PATH\n"
        "export OPENSSL_CONF=/dev/null\n"
        "here=${{0%/*}}/..\n"
        "exec \"$here/lib/{}\" --library-path \"$here/lib\" \"$here/libexec/{}\" \"$@\"\n",
        loader.filename().string(), program);
}

class Collector {
public:
    Result<void> addFile(std::string path, const std::filesystem::path& source, bool ofAgent) {
        if (BundleFile* known = find(path)) {
            known->ofAgent = known->ofAgent || ofAgent;
            return {};
        }
        LONGSHIP_ASSIGN(BundleFile file, bundleFileOf(std::move(path), source));
        file.ofAgent = ofAgent;
        m_files.push_back(std::move(file));
        return {};
    }

    void addText(std::string path, std::string text, bool ofAgent) {
        BundleFile file{std::move(path), {}, std::move(text), 0, {}, ofAgent};
        file.bytes = file.text.size();
        file.sha256 = sha256Hex(std::as_bytes(std::span(file.text)));
        m_files.push_back(std::move(file));
    }

    Result<ElfProgram> addProgram(const std::string& name, const std::filesystem::path& program,
                                  bool ofAgent) {
        LONGSHIP_ASSIGN(const ElfProgram elf, readElf(program));
        LONGSHIP_ASSIGN(const auto libraries, closureOf(program, elf.loader));
        for (const auto& [library, source] : libraries) {
            LONGSHIP_TRY(addFile("lib/" + library, source, ofAgent));
        }
        LONGSHIP_ASSIGN(std::string image, loadedImage(program));
        addText("libexec/" + name, std::move(image), ofAgent);
        addText("bin/" + name, launcherOf(name, elf.loader), ofAgent);
        return elf;
    }

    std::vector<BundleFile> take() {
        std::sort(m_files.begin(), m_files.end(),
                  [](const BundleFile& a, const BundleFile& b) { return a.path < b.path; });
        return std::move(m_files);
    }

private:
    BundleFile* find(const std::string& path) {
        const auto found = std::find_if(m_files.begin(), m_files.end(),
                                        [&](const BundleFile& file) { return file.path == path; });
        return found == m_files.end() ? nullptr : &*found;
    }

    std::vector<BundleFile> m_files;
};

}  // namespace

std::uint64_t Bundle::bytes() const {
    std::uint64_t sum = 0;
    for (const BundleFile& file : files) {
        sum += file.bytes;
    }
    return sum;
}

std::uint64_t Bundle::agentBytes() const {
    std::uint64_t sum = 0;
    for (const BundleFile& file : files) {
        sum += file.ofAgent ? file.bytes : 0;
    }
    return sum;
}

Result<Bundle> makeBundle(const BundlePrograms& programs) {
    Collector collector;
    LONGSHIP_ASSIGN(const ElfProgram elf, collector.addProgram("longship-agent", programs.agent, true));
    for (const auto& [name, path] :
         {std::pair("longship-worker", programs.worker), std::pair("longship-server", programs.server)}) {
        if (path.empty()) {
            continue;
        }
        LONGSHIP_ASSIGN(const ElfProgram other, collector.addProgram(name, path, false));
        if (other.architecture != elf.architecture || other.loader != elf.loader) {
            return failure(ErrorKind::BadInput, fmt::format("{} and {} are built for different machines.",
                                                            programs.agent.string(), path.string()));
        }
    }
    Bundle bundle;
    bundle.architecture = elf.architecture;
    bundle.files = collector.take();
    bundle.id = idOf(bundle);
    return bundle;
}

Result<BundleFile> bundleFileOf(std::string path, const std::filesystem::path& source) {
    std::ifstream stream(source, std::ios::binary);
    if (!stream) {
        return failure(ErrorKind::NotFound, fmt::format("{} cannot be read.", source.string()));
    }
    BundleFile file{std::move(path), source, {}, 0, {}, false};
    Sha256 digest;
    std::vector<char> chunk(kChunkBytes);
    while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || stream.gcount() > 0) {
        const auto count = static_cast<std::size_t>(stream.gcount());
        digest.update(std::as_bytes(std::span(chunk).first(count)));
        file.bytes += count;
    }
    file.sha256 = digest.hex();
    return file;
}

std::string idOf(const Bundle& bundle) {
    const std::string manifest = manifestOf(bundle);
    return sha256Hex(std::as_bytes(std::span(manifest)));
}

std::string manifestOf(const Bundle& bundle) {
    std::string text;
    for (const BundleFile& file : bundle.files) {
        text += fmt::format("{} {}\n", file.sha256, file.path);
    }
    return text;
}

}  // namespace longship
