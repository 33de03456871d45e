#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/check.h"
#include "core/protocol/codec.h"

/// libFuzzer: any bytes are an error or a message, and a message survives being sent on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace longship;
    const Result<Message> message = decode(std::as_bytes(std::span(data, size)));
    if (message) {
        const std::string bytes = encode(*message);
        LONGSHIP_CHECK(decode(std::as_bytes(std::span(bytes))).has_value(), "a decoded message encodes");
    }
    return 0;
}
