#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace longship {

/// Half-open range of elements of the flat parameter buffer.
struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }
    bool operator==(const Stretch&) const = default;
};

/// How the parameters are divided into shards. Every bucket of gradients is cut into pieces: a large one into
/// one for each shard, so that the links of all servers carry it at once; a small one stays whole and goes to
/// the shard that has least so far. A shard for which nothing is left gets an empty piece, which travels like
/// the others and so keeps it in step. A pure function of its arguments: equal on all members.
class ShardMap {
public:
    struct Piece {
        Stretch range;
        std::uint32_t bucket = 0;
        std::uint32_t shard = 0;

        bool operator==(const Piece&) const = default;
    };

    /// A piece travels in chunks of so many elements; the last one may be smaller, and that of an empty piece
    /// is empty.
    static constexpr std::size_t kChunkElements = std::size_t{64} << 10;
    /// A bucket is cut when every shard gets at least so many elements of it.
    static constexpr std::size_t kSplitElements = std::size_t{1} << 10;

    /// `buckets` do not overlap; gaps between them belong to nobody. At least one shard.
    static ShardMap make(std::span<const Stretch> buckets, std::uint32_t shards);

    std::uint32_t shards() const { return m_shards; }
    std::uint32_t buckets() const { return static_cast<std::uint32_t>(m_firstPiece.size() - 1); }

    /// All pieces, by bucket and then by range. A piece's place here is its number on the wire.
    const std::vector<Piece>& pieces() const { return m_pieces; }
    Stretch piecesOf(std::uint32_t bucket) const { return {m_firstPiece[bucket], m_firstPiece[bucket + 1]}; }

    std::vector<std::size_t> piecesOfShard(std::uint32_t shard) const;
    std::size_t elementsOf(std::uint32_t shard) const;

    std::uint32_t chunks(std::size_t piece) const;
    Stretch chunk(std::size_t piece, std::uint32_t number) const;

private:
    void addEmptyPieces(std::uint32_t bucket, std::size_t at);

    std::uint32_t m_shards = 0;
    std::vector<Piece> m_pieces;
    std::vector<std::size_t> m_firstPiece;  ///< By bucket, and one more: the number of pieces.
};

}  // namespace longship
