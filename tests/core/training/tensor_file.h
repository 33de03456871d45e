#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace longship::test {

struct StoredTensor {
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::vector<double> values;
};

/// A safetensors file read after its specification alone, apart from the product's writer. Fails the test
/// where the file breaks the format: header size, alignment, gaps or overlaps, sizes that do not match.
struct TensorFile {
    std::map<std::string, StoredTensor> tensors;
    std::map<std::string, std::string> metadata;

    static TensorFile read(const std::filesystem::path& path);
};

}  // namespace longship::test
