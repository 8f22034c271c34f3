// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A coordinate or length of a drawing, to a tenth.
func svgTenths(_ value: Double) -> String { String(format: "%.1f", value) }

/// The same without a zero behind the point, where there are many.
func svgShort(_ value: Double) -> String {
    let text = svgTenths(value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
