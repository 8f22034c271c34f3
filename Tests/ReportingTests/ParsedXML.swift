// SPDX-License-Identifier: Apache-2.0
import CLibXML2
import Foundation

/// Errors as libxml2 reports them, collected behind its C callback.
private final class Complaints {
    var messages: [String] = []

    static let collect: xmlStructuredErrorFunc = { context, error in
        guard let context, let error else { return }
        // HTML 4 knows neither `main` nor `svg`; libxml2 parses them all the same.
        if error.pointee.code == XML_HTML_UNKNOWN_TAG.rawValue { return }
        let text = error.pointee.message.map { String(cString: $0) } ?? "unknown"
        Unmanaged<Complaints>.fromOpaque(context).takeUnretainedValue().messages.append(
            "line \(error.pointee.line): \(text.trimmingCharacters(in: .newlines))")
    }
}

/// An element with its attributes and content, copied out of libxml2's tree.
struct ParsedElement {
    var name: String
    var attributes: [String: String]
    var children: [ParsedElement]
    /// The text of the element and all within it.
    var text: String

    var descendants: [ParsedElement] { children.flatMap { [$0] + $0.descendants } }

    func all(_ name: String) -> [ParsedElement] { descendants.filter { $0.name == name } }

    fileprivate init(_ node: xmlNodePtr) {
        name = String(cString: node.pointee.name)
        attributes = [:]
        var attribute = node.pointee.properties
        while let current = attribute {
            attributes[String(cString: current.pointee.name)] = Self.text(
                of: UnsafeMutableRawPointer(current).assumingMemoryBound(to: xmlNode.self))
            attribute = current.pointee.next
        }
        children = []
        var child = node.pointee.children
        while let current = child {
            if current.pointee.type == XML_ELEMENT_NODE { children.append(ParsedElement(current)) }
            child = current.pointee.next
        }
        text = Self.text(of: node)
    }

    private static func text(of node: xmlNodePtr) -> String {
        let buffer = xmlBufferCreate()
        defer { xmlBufferFree(buffer) }
        xmlNodeBufGetContent(buffer, node)
        return xmlBufferContent(buffer).map { String(cString: $0) } ?? ""
    }
}

/// What libxml2 makes of a page or a document.
struct ParsedXML {
    var root: ParsedElement?
    var complaints: [String]

    static func html(_ data: Data) -> ParsedXML {
        parse { htmlReadMemory($0, $1, nil, "UTF-8", Int32(HTML_PARSE_NONET.rawValue)) }(data)
    }

    static func xml(_ data: Data) -> ParsedXML {
        parse { xmlReadMemory($0, $1, nil, nil, Int32(XML_PARSE_NONET.rawValue)) }(data)
    }

    private static func parse(
        _ read: @escaping (UnsafePointer<CChar>?, Int32) -> xmlDocPtr?
    ) -> (Data) -> ParsedXML {
        { data in
            let complaints = Complaints()
            // The handler is per thread in libxml2, and nothing here suspends.
            xmlSetStructuredErrorFunc(Unmanaged.passUnretained(complaints).toOpaque(), Complaints.collect)
            defer { xmlSetStructuredErrorFunc(nil, nil) }
            let document = data.withUnsafeBytes { read($0.bindMemory(to: CChar.self).baseAddress, Int32($0.count)) }
            defer { xmlFreeDoc(document) }
            let root = document.flatMap { xmlDocGetRootElement($0) }.map { ParsedElement($0) }
            return withExtendedLifetime(complaints) { ParsedXML(root: root, complaints: complaints.messages) }
        }
    }

    /// What makes a document invalid under a schema; empty if it is valid.
    static func problems(of data: Data, under schema: Data) -> [String] {
        let complaints = Complaints()
        let context = Unmanaged.passUnretained(complaints).toOpaque()
        let parser = schema.withUnsafeBytes {
            xmlSchemaNewMemParserCtxt($0.bindMemory(to: CChar.self).baseAddress, Int32($0.count))
        }
        defer { xmlSchemaFreeParserCtxt(parser) }
        xmlSchemaSetParserStructuredErrors(parser, Complaints.collect, context)
        guard let rules = xmlSchemaParse(parser) else { return complaints.messages + ["the schema is broken"] }
        defer { xmlSchemaFree(rules) }
        let validator = xmlSchemaNewValidCtxt(rules)
        defer { xmlSchemaFreeValidCtxt(validator) }
        xmlSchemaSetValidStructuredErrors(validator, Complaints.collect, context)
        let document = data.withUnsafeBytes {
            xmlReadMemory(
                $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), nil, nil, Int32(XML_PARSE_NONET.rawValue))
        }
        guard let document else { return ["the document is not well-formed"] }
        defer { xmlFreeDoc(document) }
        let result = xmlSchemaValidateDoc(validator, document)
        return withExtendedLifetime(complaints) {
            complaints.messages.isEmpty && result != 0 ? ["invalid for an unknown reason"] : complaints.messages
        }
    }
}
