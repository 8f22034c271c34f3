// SPDX-License-Identifier: Apache-2.0
import CLibXML2
import Foundation

/// Writes an XML 1.0 document in memory with libxml2, which escapes all text.
///
/// A class because it owns libxml2's buffer and writer and frees them; it is used by one task and never shared.
final class XMLDocument {
    private let buffer: xmlBufferPtr
    private let writer: xmlTextWriterPtr
    private var failed = false

    init() throws(ReportError) {
        guard let buffer = xmlBufferCreate() else { throw Self.error }
        guard let writer = xmlNewTextWriterMemory(buffer, 0) else {
            xmlBufferFree(buffer)
            throw Self.error
        }
        self.buffer = buffer
        self.writer = writer
        check(xmlTextWriterSetIndent(writer, 1))
        check(xmlTextWriterSetIndentString(writer, "  "))
        check(xmlTextWriterStartDocument(writer, "1.0", "UTF-8", nil))
    }

    deinit {
        xmlFreeTextWriter(writer)
        xmlBufferFree(buffer)
    }

    /// An element with its attributes, in order, and whatever `content` writes within it.
    func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], content: () -> Void = {}) {
        check(xmlTextWriterStartElement(writer, name))
        for (name, value) in attributes { check(xmlTextWriterWriteAttribute(writer, name, Self.allowed(value))) }
        content()
        check(xmlTextWriterEndElement(writer))
    }

    func text(_ text: String) { check(xmlTextWriterWriteString(writer, Self.allowed(text))) }

    /// Ends the document.
    func finish() throws(ReportError) -> Data {
        check(xmlTextWriterEndDocument(writer))
        check(xmlTextWriterFlush(writer))
        guard !failed, let content = xmlBufferContent(buffer) else { throw Self.error }
        return Data(bytes: content, count: Int(xmlBufferLength(buffer)))
    }

    /// The text with U+FFFD in the place of every character that XML 1.0 forbids (section 2.2), which not even a character reference may hold.
    static func allowed(_ text: String) -> String {
        guard !text.unicodeScalars.allSatisfy(isAllowed) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isAllowed(scalar) ? scalar : "\u{FFFD}") }
        return String(result)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private func check(_ result: Int32) { if result < 0 { failed = true } }

    private static var error: ReportError { ReportError(.xmlWriter, "libxml2 could not write the XML report.") }
}
