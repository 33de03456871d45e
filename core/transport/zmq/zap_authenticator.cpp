#include "core/transport/zmq/zap_authenticator.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "core/transport/zmq/socket.h"

namespace longship::zeromq {
namespace {

constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr std::string_view kZapVersion = "1.0";
constexpr std::size_t kRequestFrames = 7;  // Version, id, domain, address, identity, mechanism, key.
constexpr std::size_t kKeyBytes = 32;

std::string keyText(const zmq::message_t& key) {
    std::array<char, 41> text;
    zmq_z85_encode(text.data(), key.data<std::uint8_t>(), kKeyBytes);
    return text.data();
}

}  // namespace

ZapAuthenticator::ZapAuthenticator(zmq::context_t& context) : m_socket(context, zmq::socket_type::rep) {
    m_socket.set(zmq::sockopt::linger, 0);
    m_socket.bind(kZapEndpoint);
}

void ZapAuthenticator::allow(std::set<std::string> publicKeys) {
    m_allowed = std::move(publicKeys);
}

void ZapAuthenticator::serve() {
    while (answerNext()) {
    }
}

bool ZapAuthenticator::answerNext() {
    std::vector<zmq::message_t> request;
    do {
        if (!m_socket.recv(request.emplace_back(), zmq::recv_flags::dontwait)) {
            return false;
        }
    } while (request.back().more());
    const bool wellFormed = request.size() == kRequestFrames && request[0].to_string_view() == kZapVersion &&
                            request[5].to_string_view() == "CURVE" && request[6].size() == kKeyBytes;
    const std::string key = wellFormed ? keyText(request[6]) : std::string();
    const bool allowed = wellFormed && request[2].to_string_view() == kZapDomain && m_allowed.contains(key);
    const std::array<std::string_view, 6> reply{kZapVersion,
                                                wellFormed ? request[1].to_string_view() : std::string_view(),
                                                allowed ? "200" : "400",
                                                allowed ? "OK" : "unknown key",
                                                allowed ? std::string_view(key) : std::string_view(),
                                                ""};
    for (std::size_t i = 0; i < reply.size(); ++i) {
        m_socket.send(zmq::buffer(reply[i]),
                      i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    return true;
}

}  // namespace longship::zeromq
