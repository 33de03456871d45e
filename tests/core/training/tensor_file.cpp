#include "tests/core/training/tensor_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace longship::test {
namespace {

template <typename Value>
std::vector<double> valuesOf(const std::string& bytes) {
    std::vector<double> values;
    for (std::size_t at = 0; at + sizeof(Value) <= bytes.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, bytes.data() + at, sizeof(Value));
        values.push_back(static_cast<double>(value));
    }
    return values;
}

}  // namespace

TensorFile TensorFile::read(const std::filesystem::path& path) {
    std::stringstream stream;
    stream << std::ifstream(path, std::ios::binary).rdbuf();
    const std::string file = stream.str();
    std::uint64_t headerSize = 0;
    std::memcpy(&headerSize, file.data(), sizeof(headerSize));
    EXPECT_EQ(headerSize % 8, 0u);
    const auto header = nlohmann::json::parse(file.substr(8, headerSize));
    const std::string data = file.substr(8 + headerSize);

    TensorFile result;
    std::map<std::size_t, std::size_t> places;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            result.metadata = entry.get<std::map<std::string, std::string>>();
            continue;
        }
        const auto offsets = entry.at("data_offsets").get<std::vector<std::size_t>>();
        StoredTensor tensor{entry.at("dtype"), entry.at("shape"), {}};
        const std::string bytes = data.substr(offsets[0], offsets[1] - offsets[0]);
        tensor.values = tensor.dtype == "F32"   ? valuesOf<float>(bytes)
                        : tensor.dtype == "F64" ? valuesOf<double>(bytes)
                                                : valuesOf<std::int64_t>(bytes);
        std::size_t count = 1;
        for (const std::int64_t size : tensor.shape) {
            count *= static_cast<std::size_t>(size);
        }
        EXPECT_EQ(tensor.values.size(), count) << name;
        EXPECT_EQ(offsets[0] % (tensor.dtype == "F32" ? 4 : 8), 0u) << name;
        places[offsets[0]] = offsets[1];
        result.tensors[name] = std::move(tensor);
    }
    std::size_t end = 0;
    for (const auto& [begin, after] : places) {
        EXPECT_EQ(begin, end) << "no gaps, no overlaps";
        end = after;
    }
    EXPECT_EQ(end, data.size());
    return result;
}

}  // namespace longship::test
