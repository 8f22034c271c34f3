// SPDX-License-Identifier: Apache-2.0

/// A piece of an HTML page.
///
/// Escaping is by construction: text and attribute values are escaped when the page is rendered, and everything that is not escaped (names of elements and
/// attributes, style sheets) is a literal of this program.
indirect enum Markup {
    case text(String)
    case element(StaticString, KeyValuePairs<StaticString, String>, [Markup])
    case group([Markup])
    /// A style sheet, written as it is.
    case style(StaticString)
    /// Markup that was rendered before.
    case rendered(RenderedMarkup)
}

/// Bytes that `Markup` was rendered to. Nothing else makes them.
struct RenderedMarkup {
    let bytes: [UInt8]

    init(_ markup: Markup) {
        var bytes: [UInt8] = []
        markup.append(to: &bytes)
        self.bytes = bytes
    }
}

/// An element with its attributes, in order, and its content: other elements, or strings as text.
func tag(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    @MarkupBuilder content: () -> [Markup] = { [] }
) -> Markup {
    .element(name, attributes, content())
}

/// An element that holds nothing but text.
func tag(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ text: String) -> Markup {
    .element(name, attributes, [.text(text)])
}

/// An element without attributes that holds nothing but text.
func tag(_ name: StaticString, _ text: String) -> Markup {
    .element(name, [:], [.text(text)])
}

@resultBuilder
enum MarkupBuilder {
    static func buildExpression(_ markup: Markup) -> [Markup] { [markup] }
    static func buildExpression(_ markups: [Markup]) -> [Markup] { markups }
    static func buildExpression(_ text: String) -> [Markup] { [.text(text)] }
    static func buildBlock(_ parts: [Markup]...) -> [Markup] { parts.flatMap { $0 } }
    static func buildOptional(_ part: [Markup]?) -> [Markup] { part ?? [] }
    static func buildEither(first part: [Markup]) -> [Markup] { part }
    static func buildEither(second part: [Markup]) -> [Markup] { part }
    static func buildArray(_ parts: [[Markup]]) -> [Markup] { parts.flatMap { $0 } }
}

extension Markup {
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text): MarkupEscaping.append(text, to: &bytes)
        case .group(let parts): for part in parts { part.append(to: &bytes) }
        case .rendered(let rendered): bytes += rendered.bytes
        case .style(let sheet):
            bytes += "<style>".utf8
            sheet.withUTF8Buffer { bytes += $0 }
            bytes += "</style>".utf8
        case .element(let name, let attributes, let content):
            let traits = Self.traits(of: name)
            if traits.startsLine { bytes.append(UInt8(ascii: "\n")) }
            bytes.append(UInt8(ascii: "<"))
            name.withUTF8Buffer { bytes += $0 }
            for (attribute, value) in attributes {
                bytes.append(UInt8(ascii: " "))
                attribute.withUTF8Buffer { bytes += $0 }
                bytes += "=\"".utf8
                MarkupEscaping.append(value, to: &bytes)
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: ">"))
            guard !traits.isVoid else { return }
            for part in content { part.append(to: &bytes) }
            bytes += "</".utf8
            name.withUTF8Buffer { bytes += $0 }
            bytes.append(UInt8(ascii: ">"))
        }
    }

    /// Elements without content (HTML standard, 13.1.2), and those that begin a line where white space means nothing.
    private static func traits(of name: StaticString) -> (isVoid: Bool, startsLine: Bool) {
        switch "\(name)" {
        case "meta", "link": (true, true)
        case "br", "hr", "col", "input": (true, false)
        case "head", "body", "title", "main", "header", "footer", "nav", "section", "h1", "h2", "h3", "p", "ul", "li",
            "dl", "div",
            "table", "caption", "thead", "tbody", "tfoot", "tr", "details", "summary":
            (false, true)
        default: (false, false)
        }
    }
}
