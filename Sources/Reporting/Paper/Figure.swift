// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A drawing for print: an SVG file that needs nothing beside it, black on white whatever the reader's screen, with a title and a description for those who
/// cannot see it.
public struct Figure: Sendable {
    /// The file's name without its folder, such as `figure-2-ranking.svg`.
    public var name: String
    public var title: String
    /// What the figure shows, with its numbers.
    public var description: String
    var width: Double
    var height: Double
    var content: RenderedMarkup

    /// The file's content.
    public func file() -> Data {
        let drawing = tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": svgShort(width), "height": svgShort(height),
                "viewBox": "0 0 \(svgShort(width)) \(svgShort(height))", "role": "img",
                "aria-labelledby": "title description", "font-family": "Helvetica, Arial, sans-serif",
                "font-size": "12", "fill": FigureInk.black,
            ]
        ) {
            tag("title", ["id": "title"], title)
            tag("desc", ["id": "description"], description)
            tag("rect", ["width": "100%", "height": "100%", "fill": "#ffffff"])
            Markup.rendered(content)
        }
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        return Data(head.utf8) + Data(RenderedMarkup(drawing).bytes + [0x0a])
    }
}

/// Told apart by people with any kind of colour vision, and in grey: they differ in lightness, and no meaning is told by colour alone.
enum FigureInk {
    static let black = "#1a1a1a"
    static let muted = "#595959"
    static let rule = "#cccccc"
    /// The reader's own rows.
    static let own = "#0072b2"
    /// What they are compared with.
    static let other = "#b5bfc9"
    /// Numbers that others published: an outline only.
    static let published = "#d55e00"
}

/// Text in figures. SVG does not break lines and tells no widths, so both are estimated, on the wide side.
enum FigureText {
    /// The width of a text in a sans-serif font, for letters of average width.
    static func width(_ text: String, size: Double) -> Double {
        text.reduce(0) {
            $0 + ($1.isASCII ? ("iljtf.,:;'|!() ".contains($1) ? 0.36 : $1.isUppercase ? 0.72 : 0.58) : 0.8)
        }
            * size
    }

    /// The text, without its middle where it is wider than `width`.
    static func fitted(_ text: String, width: Double, size: Double) -> String {
        var count = text.count
        var result = text
        while count > 3, self.width(result, size: size) > width {
            count -= 1
            result = TextGrid.shortened(text, to: count)
        }
        return result
    }

    /// Lines of at most `width`, broken at spaces.
    static func lines(_ text: String, width: Double, size: Double) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if !line.isEmpty, self.width(longer, size: size) > width {
                lines.append(line)
                line = String(word)
            } else {
                line = longer
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Lines below one another, the first one's foot at `y`.
    static func block(_ lines: [String], x: Double, y: Double, size: Double, ink: String) -> Markup {
        .group(
            lines.enumerated().map { index, line in
                tag(
                    "text",
                    [
                        "x": svgShort(x), "y": svgShort(y + Double(index) * size * 1.35),
                        "font-size": svgShort(size), "fill": ink,
                    ], line)
            })
    }
}
