#pragma once

namespace longship {

/// The spacing grid: every margin and gap is one of these, in device-independent pixels.
namespace spacing {
inline constexpr int kTight = 4;
inline constexpr int kSmall = 8;
inline constexpr int kMedium = 12;
inline constexpr int kLarge = 16;
inline constexpr int kPage = 24;
}  // namespace spacing

/// The sizes of letters, in device-independent pixels.
namespace type {
inline constexpr int kSmall = 11;    ///< Remarks, units, heads of tables.
inline constexpr int kBody = 13;     ///< All else.
inline constexpr int kHeading = 15;  ///< Of a card or a section.
inline constexpr int kTitle = 20;    ///< Of a page, and numbers that matter.
}  // namespace type

namespace radius {
inline constexpr int kCard = 8;
inline constexpr int kControl = 6;
inline constexpr int kMark = 4;
}  // namespace radius

/// Buttons, fields and lists stand in one line without being told to.
inline constexpr int kControlHeight = 32;

}  // namespace longship
