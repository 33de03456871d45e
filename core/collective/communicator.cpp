#include "core/collective/communicator.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/failpoint.h"
#include "core/collective/addition.h"
#include "core/collective/exchange.h"
#include "core/collective/ring.h"

namespace longship {
namespace {

// What the first message of an allgather carries behind the total size; the rest follows without copies.
constexpr std::size_t kGatherFirstBytes = std::size_t{8} << 10;

std::vector<Rank> othersThan(Rank rank, std::uint32_t size) {
    std::vector<Rank> others;
    for (Rank other = 0; other < size; ++other) {
        if (other != rank) {
            others.push_back(other);
        }
    }
    return others;
}

/// The root, then the receivers in the order of the ring.
std::vector<Rank> routeFrom(Rank root, const std::vector<bool>& receives) {
    const auto size = static_cast<std::uint32_t>(receives.size());
    std::vector<Rank> route{root};
    for (Rank rank = (root + 1) % size; rank != root; rank = (rank + 1) % size) {
        if (receives[rank]) {
            route.push_back(rank);
        }
    }
    return route;
}

/// One peer's contribution to an allgather while it arrives.
struct Gathered {
    std::vector<std::byte> bytes;
    std::optional<std::uint64_t> total;

    bool isComplete() const { return total && bytes.size() == *total; }
};

}  // namespace

struct Communicator::State {
    State(std::unique_ptr<Mesh> mesh, std::uint32_t size, Options initial)
        : options(initial), exchange(std::move(mesh), size, initial.timeout) {}

    /// Runs one collective; after a failure no memory of the caller is in use and nothing works any more.
    template <typename Operation>
    auto run(Exchange::Kind kind, Operation operation) -> decltype(operation());

    /// The same for what is no collective.
    template <typename Operation>
    auto guard(Operation operation) -> decltype(operation());

    Result<void> allreduce(std::byte* values, std::size_t count, Addition addition);
    Result<void> addDirectly(std::byte* values, std::size_t count, Addition addition);
    Result<std::vector<std::vector<std::byte>>> allgather(std::span<const std::byte> mine);
    Result<void> sendToGather(std::span<const std::byte> mine);
    Result<void> takeGathered(const Frame& frame, Gathered& gathered) const;
    Result<void> relay(std::span<std::byte> bytes, const std::vector<Rank>& route);

    const Options options;
    Exchange exchange;
    std::vector<std::byte> scratch;
    std::optional<Error> broken;
};

template <typename Operation>
auto Communicator::State::run(Exchange::Kind kind, Operation operation) -> decltype(operation()) {
    if (!broken) {
        exchange.begin(kind);
    }
    return guard(operation);
}

template <typename Operation>
auto Communicator::State::guard(Operation operation) -> decltype(operation()) {
    if (broken) {
        return failure(*broken);
    }
    auto result = operation();
    if (!result) {
        exchange.mesh().abandon();
        broken = result.error();
    }
    return result;
}

Result<void> Communicator::State::allreduce(std::byte* values, std::size_t count, Addition addition) {
    if (count == 0 || exchange.size() == 1) {
        return {};
    }
    if (count * addition.elementBytes <= options.directBytesMax) {
        exchange.mesh().setUrgent(true);  // Nothing but the delay of the messages takes time here.
        auto result = addDirectly(values, count, addition);
        exchange.mesh().setUrgent(false);
        return result;
    }
    const Segments segments{count, exchange.size(), options.chunkBytes / addition.elementBytes};
    return RingAllreduce(exchange, addition, segments, values).run();
}

/// Everybody sends everything to everybody, and all add in the order of the ranks.
Result<void> Communicator::State::addDirectly(std::byte* values, std::size_t count, Addition addition) {
    const std::size_t bytes = count * addition.elementBytes;
    std::vector<Rank> missing = othersThan(exchange.rank(), exchange.size());
    for (const Rank to : missing) {
        LONGSHIP_TRY(exchange.send(to, 0, 0, {values, bytes}));
    }
    std::vector<std::unique_ptr<Frame>> frames(exchange.size());
    while (!missing.empty()) {
        LONGSHIP_ASSIGN(auto frame, exchange.receive(missing));
        if (frame->payload().size() != bytes || std::erase(missing, frame->from()) != 1) {
            return exchange.mismatch(*frame, "a sum of the same length");
        }
        LONGSHIP_FAILPOINT(SumHalfDone);
        const Rank from = frame->from();
        frames[from] = std::move(frame);
    }
    LONGSHIP_TRY(exchange.flush());
    // The first two terms may change places: ranks 0 and 1 begin with their own and need no room for the sum.
    const bool inPlace = exchange.rank() <= 1;
    scratch.resize(inPlace ? 0 : bytes);
    std::byte* sum = inPlace ? values : scratch.data();
    if (!inPlace) {
        std::memcpy(sum, frames[0]->payload().data(), bytes);
    }
    for (Rank rank = inPlace ? 0 : 1; rank < exchange.size(); ++rank) {
        if (rank != exchange.rank()) {
            addition.add(sum, frames[rank]->payload().data(), count);
        } else if (!inPlace) {
            addition.add(sum, values, count);
        }
    }
    if (!inPlace) {
        std::memcpy(values, sum, bytes);
    }
    return {};
}

Result<std::vector<std::vector<std::byte>>> Communicator::State::allgather(std::span<const std::byte> mine) {
    LONGSHIP_TRY(sendToGather(mine));
    std::vector<Gathered> gathered(exchange.size());
    std::vector<Rank> missing = othersThan(exchange.rank(), exchange.size());
    while (!missing.empty()) {
        LONGSHIP_ASSIGN(const auto frame, exchange.receive(missing));
        LONGSHIP_TRY(takeGathered(*frame, gathered[frame->from()]));
        if (gathered[frame->from()].isComplete()) {
            std::erase(missing, frame->from());
        }
    }
    LONGSHIP_TRY(exchange.flush());
    std::vector<std::vector<std::byte>> all;
    for (Gathered& one : gathered) {
        all.push_back(std::move(one.bytes));
    }
    all[exchange.rank()].assign(mine.begin(), mine.end());
    return all;
}

Result<void> Communicator::State::sendToGather(std::span<const std::byte> mine) {
    const std::uint64_t total = mine.size();
    const auto first = mine.first(std::min(mine.size(), kGatherFirstBytes));
    scratch.resize(sizeof total + first.size());
    std::memcpy(scratch.data(), &total, sizeof total);
    std::ranges::copy(first, scratch.begin() + sizeof total);
    const std::vector<Rank> others = othersThan(exchange.rank(), exchange.size());
    for (const Rank to : others) {
        LONGSHIP_TRY(exchange.send(to, 0, 0, scratch));
    }
    std::uint32_t chunk = 1;
    for (auto rest = mine.subspan(first.size()); !rest.empty(); ++chunk) {
        const auto piece = rest.first(std::min(rest.size(), options.chunkBytes));
        for (const Rank to : others) {
            LONGSHIP_TRY(exchange.send(to, 0, chunk, piece));
        }
        rest = rest.subspan(piece.size());
    }
    return {};
}

Result<void> Communicator::State::takeGathered(const Frame& frame, Gathered& gathered) const {
    std::span<const std::byte> payload = frame.payload();
    if (!gathered.total) {
        std::uint64_t total = 0;
        if (frame.key().chunk != 0 || payload.size() < sizeof total) {
            return exchange.mismatch(frame, "the first part of a contribution");
        }
        std::memcpy(&total, payload.data(), sizeof total);
        gathered.total = total;
        payload = payload.subspan(sizeof total);
    }
    if (payload.size() > *gathered.total - gathered.bytes.size()) {
        return exchange.mismatch(frame, "no more than was announced");
    }
    gathered.bytes.insert(gathered.bytes.end(), payload.begin(), payload.end());
    return {};
}

/// Small: from the first of the route to all others on it. Large: along the route, each chunk passed on as
/// soon as it came.
Result<void> Communicator::State::relay(std::span<std::byte> bytes, const std::vector<Rank>& route) {
    const auto own = std::ranges::find(route, exchange.rank());
    if (own == route.end()) {
        return {};
    }
    const bool isChain = bytes.size() > options.directBytesMax;
    const bool isRoot = own == route.begin();
    const Rank source = isRoot || !isChain ? route.front() : *std::prev(own);
    std::vector<Rank> targets;
    if (isChain || isRoot) {
        targets.assign(std::next(own),
                       isChain && std::next(own) != route.end() ? std::next(own, 2) : route.end());
    }
    std::uint32_t chunk = 0;
    for (std::span<std::byte> rest = bytes; !rest.empty(); ++chunk) {
        const auto piece = rest.first(std::min(rest.size(), options.chunkBytes));
        if (!isRoot) {
            LONGSHIP_ASSIGN(const auto frame, exchange.receive({source}));
            if (frame->from() != source || frame->key().chunk != chunk ||
                frame->payload().size() != piece.size()) {
                return exchange.mismatch(*frame, "the next chunk of the root's bytes");
            }
            std::memcpy(piece.data(), frame->payload().data(), piece.size());
            LONGSHIP_FAILPOINT(StateHalfReceived);
        }
        for (const Rank to : targets) {
            LONGSHIP_TRY(exchange.send(to, 0, chunk, piece));
            LONGSHIP_FAILPOINT(StateHalfGiven);
        }
        rest = rest.subspan(piece.size());
    }
    return exchange.flush();
}

Communicator::Communicator(std::unique_ptr<Mesh> mesh, Options options) {
    const std::uint32_t size = options.members == 0 ? mesh->size() : options.members;
    LONGSHIP_CHECK(mesh->rank() < size && size <= mesh->size(), "collectives are those of the first members");
    m_state = std::make_unique<State>(std::move(mesh), size, options);
    LONGSHIP_CHECK(options.chunkBytes > 0 && options.chunkBytes % 8 == 0 &&
                       options.chunkBytes <= Mesh::kPayloadMax && options.directBytesMax <= Mesh::kPayloadMax,
                   "a chunk is a multiple of 8 bytes and fits into a message");
}

Communicator::~Communicator() = default;

Rank Communicator::rank() const {
    return m_state->exchange.rank();
}

std::uint32_t Communicator::size() const {
    return m_state->exchange.size();
}

Mesh& Communicator::mesh() {
    return m_state->exchange.mesh();
}

Result<void> Communicator::allreduce(std::span<float> values) {
    return m_state->run(Exchange::Kind::Allreduce, [&] {
        return m_state->allreduce(std::as_writable_bytes(values).data(), values.size(), additionOf<float>());
    });
}

Result<void> Communicator::allreduce(std::span<double> values) {
    return m_state->run(Exchange::Kind::Allreduce, [&] {
        return m_state->allreduce(std::as_writable_bytes(values).data(), values.size(), additionOf<double>());
    });
}

Result<void> Communicator::allreduce(std::span<std::int64_t> values) {
    return m_state->run(Exchange::Kind::Allreduce, [&] {
        return m_state->allreduce(std::as_writable_bytes(values).data(), values.size(),
                                  additionOf<std::int64_t>());
    });
}

Result<std::vector<std::vector<std::byte>>> Communicator::allgather(std::span<const std::byte> mine) {
    return m_state->run(Exchange::Kind::Allgather, [&] { return m_state->allgather(mine); });
}

Result<void> Communicator::broadcast(std::span<std::byte> bytes, Rank root) {
    return relay(bytes, root, std::vector<bool>(size(), true));
}

Result<void> Communicator::relay(std::span<std::byte> bytes, Rank root, const std::vector<bool>& receives) {
    LONGSHIP_CHECK(root < size() && receives.size() == size(), "root and receivers are members");
    return m_state->run(Exchange::Kind::Broadcast,
                        [&] { return m_state->relay(bytes, routeFrom(root, receives)); });
}

Result<void> Communicator::barrier() {
    return m_state->run(Exchange::Kind::Allgather, [&]() -> Result<void> {
        LONGSHIP_TRY(m_state->allgather({}));
        return {};
    });
}

Result<void> Communicator::perform(const std::function<Result<void>(Exchange&)>& operation) {
    return m_state->guard([&] { return operation(m_state->exchange); });
}

}  // namespace longship
