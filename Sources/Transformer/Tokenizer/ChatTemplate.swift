// SPDX-License-Identifier: Apache-2.0
public import Foundation
import JSONReading

/// ChatML, the form of Qwen2.5's conversations: `<|im_start|>`, the role, a line break, the text, `<|im_end|>` and a line break for each message.
///
/// Templates are programs in Jinja, which are not run here. Qwen2.5's adds the system message "You are Qwen, created by Alibaba Cloud. You are a
/// helpful assistant." to a conversation that has none; this does not, so give a system message where the ids must be the same.
public struct ChatTemplate: Sendable {
    public enum Role: String, Sendable, Hashable { case system, user, assistant }

    public struct Message: Sendable, Hashable {
        public var role: Role
        public var text: String

        public init(_ role: Role, _ text: String) {
            self.role = role
            self.text = text
        }
    }

    private static let startMarker = "<|im_start|>"
    private static let endMarker = "<|im_end|>"

    private let tokenizer: Tokenizer
    /// The control token before each message.
    public let start: Int
    /// The control token behind each message, with which the assistant ends its answer.
    public let end: Int

    /// - Parameter configuration: The model's `tokenizer_config.json`, to check that its template is ChatML if it has one; nil to take that for granted.
    /// - Throws: `TransformerError` for a template of another form, and for a tokenizer without ChatML's control tokens.
    public init(_ tokenizer: Tokenizer, configuration: URL? = nil) throws(TransformerError) {
        self.tokenizer = tokenizer
        start = try Self.control(Self.startMarker, tokenizer)
        end = try Self.control(Self.endMarker, tokenizer)
        guard let configuration else { return }
        try JSONField.read(configuration) { root throws(TransformerError) in
            guard let template = try root.optional("chat_template"), try !Self.isChatML(template) else { return }
            throw template.error("is not ChatML (it does not contain '\(Self.startMarker)'), the only form supported")
        }
    }

    /// The ids of a conversation. Texts are encoded as plain text: a control token's text in a message does not become the token.
    ///
    /// - Parameter asksForAnswer: Whether the beginning of an assistant's message follows, for the model to continue.
    public func encode(_ messages: [Message], asksForAnswer: Bool = true) -> [Int] {
        var ids: [Int] = []
        let lineBreak = tokenizer.encode("\n", specialTokens: false)
        for message in messages {
            ids.append(start)
            // Role, line break and text together, since pieces reach across.
            ids += tokenizer.encode("\(message.role.rawValue)\n\(message.text)", specialTokens: false)
            ids.append(end)
            ids += lineBreak
        }
        if asksForAnswer {
            ids.append(start)
            ids += tokenizer.encode("\(Role.assistant.rawValue)\n", specialTokens: false)
        }
        return ids
    }

    private static func control(_ marker: String, _ tokenizer: Tokenizer) throws(TransformerError) -> Int {
        guard let id = tokenizer.id(of: marker), tokenizer.isSpecial(id) else {
            throw TransformerError(
                "The tokenizer has no special token '\(marker)', which ChatML needs; use a model whose chats are ChatML."
            )
        }
        return id
    }

    /// A template is a text, or a list of named ones.
    private static func isChatML(_ field: JSONField) throws(TransformerError) -> Bool {
        if field.value.kind != .array { return try field.text().contains(startMarker) }
        for template in try field.elements()
        where try template.required("name").text() == "default" {
            return try template.required("template").text().contains(startMarker)
        }
        return false
    }
}
