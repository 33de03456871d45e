#include "core/training/dataset.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/base/files.h"
#include "core/training/csv_dataset.h"
#include "core/training/data_source.h"
#include "core/training/fashion_mnist.h"
#include "core/training/idx_file.h"
#include "core/training/memory_dataset.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

std::string bigEndian(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
            static_cast<char>(value)};
}

std::string idxBytes(std::uint32_t magic, const std::vector<std::uint32_t>& dimensions, std::string data) {
    std::string bytes = bigEndian(magic);
    for (const std::uint32_t dimension : dimensions) {
        bytes += bigEndian(dimension);
    }
    return bytes + data;
}

void writeGzip(const std::filesystem::path& path, const std::string& bytes) {
    const gzFile file = gzopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
              static_cast<int>(bytes.size()));
    ASSERT_EQ(gzclose(file), Z_OK);
}

void writePlain(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

constexpr std::uint32_t kImageMagic = 0x00000803;
constexpr std::uint32_t kLabelMagic = 0x00000801;

class IdxFile : public testing::Test {
protected:
    std::string errorOf(const std::string& unpacked, std::size_t dimensions = 1) {
        const auto path = m_folder.path() / "file.gz";
        writeGzip(path, unpacked);
        return errorOfFile(path, dimensions);
    }
    std::string errorOfFile(const std::filesystem::path& path, std::size_t dimensions = 1) {
        const auto array = readIdxFile(path, dimensions);
        if (array) {
            return "no error";
        }
        EXPECT_NE(array.error().text.find(path.string()), std::string::npos) << "the file is named";
        EXPECT_EQ(array.error().kind, ErrorKind::Corrupt);
        return array.error().text;
    }
    test::TempFolder m_folder;
};

TEST_F(IdxFile, ReadsPackedAndPlain) {
    const std::string bytes = idxBytes(kImageMagic, {2, 1, 3}, "abcdef");
    writeGzip(m_folder.path() / "packed.gz", bytes);
    writePlain(m_folder.path() / "plain", bytes);
    for (const char* name : {"packed.gz", "plain"}) {
        const auto array = readIdxFile(m_folder.path() / name, 3);
        ASSERT_TRUE(array) << array.error().text;
        EXPECT_EQ(array->dimensions, (std::vector<std::uint32_t>{2, 1, 3}));
        EXPECT_EQ(std::string(array->bytes.begin(), array->bytes.end()), "abcdef");
    }
}

TEST_F(IdxFile, SaysWhatWasFoundAndExpected) {
    EXPECT_NE(errorOf(idxBytes(kImageMagic, {4}, "abcd"))
                  .find("found the IDX magic number 0x00000803, expected 0x00000801"),
              std::string::npos);
    EXPECT_NE(errorOf(idxBytes(kLabelMagic, {4}, "abc")).find("found 3 bytes of data, expected 4"),
              std::string::npos);
    EXPECT_NE(errorOf(idxBytes(kLabelMagic, {4}, "abcde")).find("found 5 bytes of data, expected 4"),
              std::string::npos);
    EXPECT_NE(errorOf("abc").find("found 3 bytes, expected an IDX header of 8 bytes"), std::string::npos);
    EXPECT_NE(errorOf("").find("found 0 bytes"), std::string::npos);
    EXPECT_NE(
        errorOf(idxBytes(kImageMagic, {0xffffffff, 0xffffffff, 0xffffffff}, "a"), 3).find("promises more"),
        std::string::npos);
}

TEST_F(IdxFile, NoticesDamagedCompression) {
    const auto path = m_folder.path() / "file.gz";
    std::string noise(5000, '\0');
    for (std::size_t i = 0; i < noise.size(); ++i) {
        noise[i] = static_cast<char>(i * 7919 % 251);
    }
    writeGzip(path, idxBytes(kLabelMagic, {5000}, noise));
    const std::string good = readFile(path).value();
    ASSERT_TRUE(readIdxFile(path, 1));

    writePlain(path, good.substr(0, good.size() / 2));
    EXPECT_NE(errorOfFile(path).find("ends too early"), std::string::npos);
    writePlain(path, good.substr(0, good.size() - 4));
    EXPECT_NE(errorOfFile(path).find("ends too early"), std::string::npos) << "the trailer is cut";
    std::string wrongSum = good;
    wrongSum[good.size() - 6] ^= 1;  // In the CRC-32.
    writePlain(path, wrongSum);
    EXPECT_NE(errorOfFile(path).find("compressed data is broken"), std::string::npos);
    std::string wrongData = good;
    wrongData[good.size() / 2] ^= 0x55;
    writePlain(path, wrongData);
    EXPECT_NE(errorOfFile(path).find("compressed data is broken"), std::string::npos);
}

TEST_F(IdxFile, MissingIsNotFound) {
    EXPECT_EQ(readIdxFile(m_folder.path() / "none.gz", 1).error().kind, ErrorKind::NotFound);
    EXPECT_EQ(readIdxFile(m_folder.path(), 1).error().kind, ErrorKind::NotFound) << "a folder is no file";
}

class FashionFolder : public testing::Test {
protected:
    void write(const std::string& part, std::uint32_t images, const std::string& labels,
               std::uint32_t side = 28) {
        writeGzip(m_folder.path() / (part + "-images-idx3-ubyte.gz"),
                  idxBytes(kImageMagic, {images, side, side}, std::string(images * side * side, '\x40')));
        writeGzip(m_folder.path() / (part + "-labels-idx1-ubyte.gz"),
                  idxBytes(kLabelMagic, {static_cast<std::uint32_t>(labels.size())}, labels));
    }
    std::string error() { return loadFashionMnist(m_folder.path()).error().text; }
    test::TempFolder m_folder;
};

TEST_F(FashionFolder, LoadsAndNormalises) {
    write("train", 3, std::string("\x00\x09\x04", 3));
    write("t10k", 1, std::string("\x01", 1));
    const auto data = loadFashionMnist(m_folder.path());
    ASSERT_TRUE(data) << data.error().text;
    EXPECT_EQ(data->training->samples(), 3u);
    EXPECT_EQ(data->test->samples(), 1u);
    EXPECT_EQ(data->training->shape().classNames.size(), 10u);
    std::vector<float> inputs(784);
    std::vector<std::int64_t> labels(1);
    SampleDigest digest;
    const std::vector<std::uint64_t> indices{1};
    data->training->read(indices, inputs, labels, digest);
    EXPECT_EQ(labels[0], 9);
    EXPECT_NEAR(inputs[0], (64.0 / 255 - 0.2860) / 0.3530, 1e-6);
    EXPECT_EQ(digest, digestOf(indices));
}

TEST_F(FashionFolder, RefusesWhatDoesNotFit) {
    EXPECT_NE(
        loadFashionMnist(m_folder.path() / "none").error().text.find("apt install dataset-fashion-mnist"),
        std::string::npos);
    write("train", 3, std::string("\x00\x01\x02", 3));
    EXPECT_NE(error().find("t10k-images-idx3-ubyte.gz"), std::string::npos) << "the missing file is named";
    write("t10k", 1, std::string("\x0a", 1));
    EXPECT_NE(error().find("found the label 10 at position 0, expected 0 to 9"), std::string::npos);
    write("t10k", 2, std::string("\x01", 1));
    EXPECT_NE(error().find("holds 1 labels, expected one for each of the 2 images"), std::string::npos);
    write("t10k", 1, std::string("\x01", 1), 27);
    EXPECT_NE(error().find("found images of 27×27 pixels, expected 28×28"), std::string::npos);
}

TEST(FashionMnist, OfTheSystem) {
    const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "apt install dataset-fashion-mnist";
    }
    const auto data = loadFashionMnist(folder);
    ASSERT_TRUE(data) << data.error().text;
    EXPECT_EQ(data->training->samples(), 60'000u);
    EXPECT_EQ(data->test->samples(), 10'000u);
    // The fixed constants really are those of the training images.
    std::vector<std::uint64_t> indices(2000);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        indices[i] = i * 30;
    }
    std::vector<float> inputs(indices.size() * 784);
    std::vector<std::int64_t> labels(indices.size());
    SampleDigest digest;
    data->training->read(indices, inputs, labels, digest);
    double sum = 0;
    double squares = 0;
    for (const float value : inputs) {
        sum += value;
        squares += value * value;
    }
    const double count = static_cast<double>(inputs.size());
    EXPECT_NEAR(sum / count, 0, 0.03);
    EXPECT_NEAR(squares / count, 1, 0.04);
}

class CsvFolder : public testing::Test {
protected:
    DatasetSpec spec(const std::string& text, double testFraction = 0.25) {
        const auto path = m_folder.path() / "table.csv";
        writePlain(path, text);
        return {.name = "", .csv = path.string(), .label = "kind", .testFraction = testFraction};
    }
    test::TempFolder m_folder;
};

std::vector<float> readAll(const Dataset& data, std::vector<std::int64_t>& labels) {
    std::vector<std::uint64_t> indices(data.samples());
    for (std::uint64_t i = 0; i < indices.size(); ++i) {
        indices[i] = i;
    }
    std::vector<float> inputs(indices.size() * data.shape().features());
    labels.resize(indices.size());
    SampleDigest digest;
    data.read(indices, inputs, labels, digest);
    EXPECT_EQ(digest, digestOf(indices));
    return inputs;
}

TEST_F(CsvFolder, StandardisesAndEncodes) {
    std::string text = "size,colour,constant,kind\n";
    for (int i = 0; i < 40; ++i) {
        text +=
            std::to_string(i) + (i % 2 == 0 ? ",red" : ",blue") + ",7," + (i < 20 ? "small" : "large") + "\n";
    }
    const auto data = loadCsv(spec(text), 3);
    ASSERT_TRUE(data) << data.error().text;
    EXPECT_EQ(data->training->samples(), 30u);
    EXPECT_EQ(data->test->samples(), 10u);
    EXPECT_EQ(data->training->shape().input, (std::vector<std::int64_t>{4})) << "size, blue, red, constant";
    EXPECT_EQ(data->training->shape().classNames, (std::vector<std::string>{"large", "small"}));

    std::vector<std::int64_t> labels;
    const std::vector<float> inputs = readAll(*data->training, labels);
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < 30; ++i) {
        sum += inputs[4 * i];
        squares += inputs[4 * i] * inputs[4 * i];
        EXPECT_EQ(inputs[4 * i + 1] + inputs[4 * i + 2], 1) << "one of the two colours";
        EXPECT_EQ(inputs[4 * i + 3], 0) << "a constant column becomes zeros";
    }
    EXPECT_NEAR(sum / 30, 0, 1e-6);
    EXPECT_NEAR(squares / 30, 1, 1e-5);
    // All small sizes lie below all large ones: labels and inputs belong together.
    for (std::size_t i = 0; i < 30; ++i) {
        for (std::size_t j = 0; j < 30; ++j) {
            if (labels[i] == 1 && labels[j] == 0) {
                EXPECT_LT(inputs[4 * i], inputs[4 * j]);
            }
        }
    }
}

TEST_F(CsvFolder, TheSeedDecidesTheSplit) {
    std::string text = "x,kind\n";
    for (int i = 0; i < 100; ++i) {
        text += std::to_string(i) + "," + std::to_string(i % 3) + "\n";
    }
    const auto labelsWith = [&](std::uint64_t seed) {
        std::vector<std::int64_t> labels;
        readAll(*loadCsv(spec(text), seed)->training, labels);
        return labels;
    };
    EXPECT_EQ(labelsWith(1), labelsWith(1));
    EXPECT_NE(labelsWith(1), labelsWith(2));
    EXPECT_EQ(loadCsv(spec(text), 1)->training->shape().classNames,
              (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(CsvFolder, EveryRowIsUsedOnce) {
    std::string text = "x,kind\n";
    for (int i = 0; i < 11; ++i) {
        text += "0," + std::to_string(i) + "\n";
    }
    const auto data = loadCsv(spec(text), 5);
    ASSERT_TRUE(data);
    std::vector<std::int64_t> training;
    std::vector<std::int64_t> test;
    readAll(*data->training, training);
    readAll(*data->test, test);
    training.insert(training.end(), test.begin(), test.end());
    std::sort(training.begin(), training.end());
    for (std::int64_t i = 0; i < 11; ++i) {
        EXPECT_EQ(training[static_cast<std::size_t>(i)], i);
    }
}

TEST_F(CsvFolder, RefusalsNameFileAndLine) {
    const std::string file = (m_folder.path() / "table.csv").string();
    EXPECT_EQ(
        loadCsv(spec("x,kind\n1,a\n2\nnan,b\n"), 1).error(),
        (Error{ErrorKind::BadInput, file + ":3: the row has 1 fields, expected 2 as in the header.\n" + file +
                                        ":4: column 'x' holds 'nan', expected a finite number."}));
    EXPECT_NE(loadCsv(spec("x,y\n1,a\n2,b\n"), 1).error().text.find("there is no column 'kind'"),
              std::string::npos);
    EXPECT_NE(loadCsv(spec(""), 1).error().text.find("the file is empty"), std::string::npos);
    EXPECT_EQ(loadCsv({.name = "", .csv = "/none.csv", .label = "kind"}, 1).error().kind,
              ErrorKind::NotFound);
}

TEST(DataSource, NamesWhatItKnows) {
    JobSpec job;
    job.dataset.name = "imagenet";
    const auto data = loadTrainingData(job, "/usr/share/datasets");
    EXPECT_EQ(data.error().kind, ErrorKind::BadInput);
    EXPECT_NE(data.error().text.find("Known: fashion-mnist"), std::string::npos);
}

TEST(SyntheticDataset, IsAFunctionOfItsArguments) {
    std::vector<std::int64_t> first;
    std::vector<std::int64_t> second;
    EXPECT_EQ(readAll(*makeSyntheticDataset({1, 3, 3}, 4, 50, 9), first),
              readAll(*makeSyntheticDataset({1, 3, 3}, 4, 50, 9), second));
    EXPECT_EQ(first, second);
    EXPECT_GT(*std::max_element(first.begin(), first.end()), *std::min_element(first.begin(), first.end()));
}

}  // namespace
}  // namespace longship
