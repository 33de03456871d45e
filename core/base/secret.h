#pragma once

#include <cstddef>
#include <string_view>

namespace longship {

/// A password or passphrase: locked in memory where the system allows it, overwritten at its end, never
/// printed. Copies are made by the owner's explicit copy() only.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view text);
    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;

    Secret copy() const { return Secret({c_str(), m_size}); }
    bool empty() const { return m_size == 0; }
    std::size_t size() const { return m_size; }
    /// For the C interface that takes it; valid as long as this object.
    const char* c_str() const { return m_bytes == nullptr ? "" : m_bytes; }

private:
    char* m_bytes = nullptr;
    std::size_t m_size = 0;
};

}  // namespace longship
